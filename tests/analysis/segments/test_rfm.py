from itertools import product

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.segments import rfm
from customer_profiles.privacy.disclosure import Gate


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


def scored(profile: pd.DataFrame) -> pd.DataFrame:
    """Scores of the buyers, and the segment they make, as the notebook has them."""
    buyers = profile[profile["orders"] > 0].dropna(subset="recency_days")
    points = {"r": rfm.score(buyers["recency_days"], high_is_good=False)}
    points |= {"f": rfm.score(buyers["orders"]), "m": rfm.score(buyers["spend"])}
    return rfm.named(profile.assign(**points))


def worth(table: pd.DataFrame) -> pd.DataFrame:
    medians = {name: (name, "median") for name in ("recency_days", "orders")} | {"spend_median": ("spend", "median")}
    return table.groupby("segment").agg(n=("customer_no", "size"), spend=("spend", "sum"), **medians)


def test_every_cell_of_the_plane_belongs_to_exactly_one_rule():
    for r, fm in product(range(1, 6), repeat=2):
        hits = [x for x in rfm.RULES if x.r_low <= r <= x.r_high and x.fm_low <= fm <= x.fm_high]
        assert len(hits) == 1, (r, fm)


def test_scores_are_quintiles_when_there_are_no_ties():
    assert rfm.score(pd.Series(range(100))).value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)


def test_equal_values_get_equal_scores_in_any_row_order(profile):
    table = scored(profile)
    assert (table.groupby("orders")["f"].nunique() <= 1).all()
    shuffled = scored(profile.sample(frac=1, random_state=3)).sort_values("customer_no", ignore_index=True)
    pd.testing.assert_frame_equal(table, shuffled)


def test_low_recency_is_good(profile):
    table = scored(profile)
    assert table.loc[table["recency_days"].idxmin(), "r"] == 5
    assert table.loc[table["recency_days"].idxmax(), "r"] == 1


def test_customers_without_orders_have_no_scores_and_their_own_segment(profile):
    table = scored(profile)
    none = table["orders"] == 0
    assert none.any()
    assert table.loc[none, ["r", "f", "m"]].isna().all(axis=None)
    assert set(table.loc[none, "segment"]) == {rfm.NEVER_BOUGHT}
    assert rfm.NEVER_BOUGHT not in set(table.loc[~none, "segment"])


def test_segments_add_up(profile):
    table = rfm.segments(worth(scored(profile))).frame
    assert table["n"].sum() == len(profile)
    assert table["share"].sum() == pytest.approx(1)
    assert table["spend"].sum() == pytest.approx(profile["spend"].sum())
    assert ((table["share_low"] <= table["share"]) & (table["share"] <= table["share_high"])).all()


def test_grid_has_all_cells_and_all_buyers(profile):
    grid = rfm.grid(scored(profile)).frame
    assert len(grid) == 25
    assert grid["n"].sum() == (profile["orders"] > 0).sum()


def test_findings_quote_the_table(profile):
    result = rfm.segments(worth(scored(profile)))
    champions = result.frame.set_index("segment").loc["Champions"]
    found = {finding.id: finding for finding in result.claims(result.frame)}
    assert found["rfm.champions"].values["n"] == champions["n"]
    assert found["rfm.champions"].values["spend_share"] == pytest.approx(champions["spend_share"])


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_without_orders_the_tables_are_empty(rows):
    nobody = pd.DataFrame({"customer_no": range(rows)}).reindex(
        columns=["customer_no", "recency_days", "orders", "spend"]
    )
    table = scored(nobody)
    assert {"r", "f", "m", "fm", "segment"} <= set(table)
    sizes, grid = rfm.segments(worth(table)), rfm.grid(table)
    assert len(table) == len(sizes) == len(grid) == len(rfm.rules(table["segment"])) == 0
    assert sizes.needs == grid.needs == "transactions"
    assert sizes.claims(sizes.frame) == []


def test_small_segments_and_cells_are_hidden_and_not_told(profile):
    table = scored(profile)
    few = table[(table["segment"] != "Champions") | (table.groupby("segment").cumcount() < 4)]
    sizes = rfm.segments(worth(few))
    guarded = Gate(10).guard(sizes)
    assert guarded.frame.set_index("segment").loc["Champions", "suppressed"]
    assert "rfm.champions" not in {finding.id for finding in sizes.claims(guarded.marks(sizes.frame))}
    assert Gate(10).guard(rfm.grid(few)).frame.query("r >= 4 and fm == 5 and n.isna()")["suppressed"].all()
    assert not Gate(10).guard(rfm.rules(few["segment"])).frame["suppressed"].any()
