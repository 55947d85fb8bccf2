from itertools import product

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.segments import rfm


@pytest.fixture
def profile():
    rng = np.random.default_rng(1)
    orders = rng.poisson(3, 500)
    return pd.DataFrame(
        {
            "customer_no": range(500),
            "orders": orders,
            "spend": np.where(orders > 0, orders * rng.lognormal(4, 0.5, 500), 0.0),
            "recency_days": pd.array(
                [int(d) if n else None for d, n in zip(rng.integers(0, 700, 500), orders, strict=True)], dtype="Int64"
            ),
        }
    )


def test_every_cell_of_the_plane_belongs_to_exactly_one_rule():
    for r, fm in product(range(1, 6), repeat=2):
        hits = [x for x in rfm.RULES if x.r_low <= r <= x.r_high and x.fm_low <= fm <= x.fm_high]
        assert len(hits) == 1, (r, fm)


def test_scores_are_quintiles_when_there_are_no_ties():
    assert rfm.score(pd.Series(range(100))).value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)


def test_equal_values_get_equal_scores_in_any_row_order(profile):
    scored = rfm.rfm(profile)
    assert (scored.groupby("orders")["f"].nunique() <= 1).all()
    shuffled = rfm.rfm(profile.sample(frac=1, random_state=3)).sort_values("customer_no", ignore_index=True)
    pd.testing.assert_frame_equal(scored, shuffled)


def test_low_recency_is_good(profile):
    scored = rfm.rfm(profile)
    assert scored.loc[scored["recency_days"].idxmin(), "r"] == 5
    assert scored.loc[scored["recency_days"].idxmax(), "r"] == 1


def test_customers_without_orders_have_no_scores_and_their_own_segment(profile):
    scored = rfm.rfm(profile)
    none = scored["orders"] == 0
    assert none.any()
    assert scored.loc[none, ["r", "f", "m"]].isna().all(axis=None)
    assert set(scored.loc[none, "segment"]) == {rfm.NEVER_BOUGHT}
    assert rfm.NEVER_BOUGHT not in set(scored.loc[~none, "segment"])


def test_segments_add_up(profile):
    table = rfm.segments(rfm.rfm(profile))
    assert table["n"].sum() == len(profile)
    assert table["share"].sum() == pytest.approx(1)
    assert table["spend"].sum() == pytest.approx(profile["spend"].sum())
    assert ((table["share_low"] <= table["share"]) & (table["share"] <= table["share_high"])).all()


def test_grid_has_all_cells_and_all_buyers(profile):
    grid = rfm.grid(rfm.rfm(profile))
    assert len(grid) == 25
    assert grid["n"].sum() == (profile["orders"] > 0).sum()


def test_findings_quote_the_table(profile):
    table = rfm.segments(rfm.rfm(profile))
    champions = table.set_index("segment").loc["Champions"]
    found = {finding.id: finding for finding in rfm.findings(table)}
    assert found["05.rfm.champions"].values["n"] == champions["n"]
    assert found["05.rfm.champions"].values["spend_share"] == pytest.approx(champions["spend_share"])


def test_without_orders_a_limit_names_the_source():
    assert rfm.limits(pd.DataFrame({"customer_no": [0]}))[0].needs == rfm.NEEDS["transactions"]
    assert rfm.limits(pd.DataFrame({"customer_no": [0], "orders": [1], "spend": [2.0], "recency_days": [3]})) == []
