import numpy as np
import pandas as pd
import pytest
from support import told

from customer_profiles.analysis.demographics import concentration
from customer_profiles.errors import ProfileError
from customer_profiles.privacy.disclosure import Gate


@pytest.fixture
def profile():
    rng = np.random.default_rng(2)
    orders = rng.poisson(2, 300)
    return pd.DataFrame({"customer_no": range(300), "orders": orders, "spend": orders * rng.lognormal(3, 1, 300)})


def test_totals(profile):
    figures = concentration.totals(profile)
    assert figures["customers"] == 300
    assert figures["buyers"] == (profile["orders"] > 0).sum()
    assert figures["basket_value"] == pytest.approx(profile["spend"].sum() / profile["orders"].sum())
    assert concentration.totals(profile[["customer_no"]]) == {"customers": 300}


def test_segments_add_up_to_the_whole(profile):
    table = concentration.by_segment(profile, pd.Series(np.arange(300) % 3)).frame
    assert table["n"].sum() == 300
    assert table["spend_share"].sum() == pytest.approx(1)


def test_a_customer_without_segment_fails_the_run(profile):
    with pytest.raises(ProfileError, match="customers: the parts add up to 299"):
        concentration.by_segment(profile, pd.Series([None, *[1.0] * 299]))


def test_where_there_are_no_segments_nothing_has_to_add_up(profile):
    assert len(concentration.by_segment(profile, pd.Series(pd.NA, profile.index, dtype="Int64"))) == 0


def test_a_small_segment_and_few_best_buyers_are_hidden(profile):
    result = concentration.by_segment(profile, pd.Series([1] * 200 + [2] * 96 + [3] * 4))
    assert Gate(10).guard(result).frame["suppressed"].tolist() == [False, True, True]
    best = concentration.concentration(profile)
    assert Gate(10).guard(best).frame.set_index("top")["suppressed"].loc[0.01]


def test_reconcile_names_the_figure():
    with pytest.raises(ProfileError, match="spend"):
        concentration.reconcile(pd.DataFrame({"n": [1], "spend": [9.0]}), {"customers": 1, "spend": 10.0})


def test_concentration_by_hand():
    profile = pd.DataFrame({"orders": [1] * 10 + [0], "spend": [91.0] + [1.0] * 9 + [0.0]})
    table = concentration.concentration(profile).frame.set_index("top")
    assert table.loc[0.10, "n"] == 1
    assert table.loc[0.10, "spend_share"] == pytest.approx(0.91)
    assert table.loc[0.20, "spend_share"] == pytest.approx(0.92)
    assert (table["base"] == 10).all()


def test_concentration_interval_holds_the_estimate_and_repeats(profile):
    result = concentration.concentration(profile)
    table = result.frame
    known = table[table["n"] >= concentration.MIN_TOP]
    assert known["top"].tolist() == [0.20]
    assert (known["spend_share_low"] <= known["spend_share"]).all()
    assert (known["spend_share"] <= known["spend_share_high"]).all()
    assert table["spend_share_low"].isna().tolist() == [True, True, True, False]  # of 29 buyers and fewer
    pd.testing.assert_frame_equal(table, concentration.concentration(profile).frame)
    assert told(result)[0].values["share"] == table["spend_share"].iloc[2]


def test_nothing_spent_makes_no_finding():
    table = concentration.concentration(pd.DataFrame({"orders": [1] * 20, "spend": [0.0] * 20}))
    assert told(table) == []
    assert not len(concentration.concentration(pd.DataFrame({"age": [1]})))


class TestInequality:
    def test_gini_by_hand_and_at_its_ends(self):
        assert concentration.gini(pd.DataFrame({"orders": 1, "spend": [10.0, 20, 30, 40]})).value == pytest.approx(0.25)
        assert concentration.gini(pd.DataFrame({"orders": 1, "spend": [5.0] * 50})).value == pytest.approx(0)
        one = concentration.gini(pd.DataFrame({"orders": 1, "spend": [0.0] * 99 + [7]}))
        assert one.value == pytest.approx(0.99)
        assert np.isnan(concentration.gini(pd.DataFrame({"orders": [0], "spend": [0.0]})).value)

    def test_curve_and_gini_agree(self):
        profile = pd.DataFrame({"orders": 1, "spend": np.random.default_rng(0).lognormal(4, 1, 2000)})
        curve = concentration.lorenz(profile, parts=200).frame
        area = np.trapezoid(curve["spend_share"], curve["buyers_share"])
        assert concentration.gini(profile).value == pytest.approx(1 - 2 * area, abs=2e-3)
        assert curve["n"].sum() == 2000
        steps = concentration.lorenz(profile[:45]).frame["n"]
        assert steps.tolist() == [0, 11, 11, 12, 11]  # no step with fewer than ten

    def test_sentence(self):
        profile = pd.DataFrame({"orders": 1, "spend": [1.0] * 50 + [9.0] * 50})
        (found,) = told(concentration.lorenz(profile))
        assert found.values["share"] == pytest.approx(0.9)
        assert found.values["low"] <= found.values["gini"] <= found.values["high"]
        assert told(concentration.lorenz(pd.DataFrame({"age": [1]}))) == []

    def test_of_a_heavy_tail_nothing_is_said_about_how_far_off_it_may_be(self):
        heavy = pd.DataFrame({"orders": 1, "spend": np.random.default_rng(1).lognormal(4, 2, 800)})
        assert np.isnan(concentration.gini(heavy).low)
        said = [*told(concentration.concentration(heavy)), *told(concentration.lorenz(heavy))]
        assert [finding.interval for finding in said] == [None, None]
        assert "cannot be told" in said[0].message
        assert all(not pd.isna(value) for finding in said for value in finding.values.values())
