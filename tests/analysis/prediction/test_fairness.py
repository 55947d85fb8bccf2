"""Whether the chance to be lost treats groups alike: a planted bias is found, where there is none nothing is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.prediction import fairness
from customer_profiles.analysis.prediction.churn import Tried
from customer_profiles.privacy.disclosure import Gate


def tried(seed, n=3000, hidden_risk=0.0, blind=0.0, dear=1.0):
    """Customers whose chance to be lost is known but for what is planted, and what is lost with each.

    Parameters
    ----------
    hidden_risk : float
        Added to the true chance of those aged 65 or more, not to the one that is foreseen.
    blind : float
        Share of the women whose chance is foreseen as that of anybody.
    dear : float
        Times as much as others spend those of the south.
    """
    rng = np.random.default_rng(seed)
    profile = pd.DataFrame(
        {
            "customer_no": rng.permutation(n),
            "gender": rng.choice(["f", "m"], n),
            "age_band": rng.choice(["18–34", "35–64", "65+", None], n, p=[0.3, 0.4, 0.25, 0.05]),
            "region": rng.choice(["north", "south", "west", "islet"], n, p=[0.4, 0.3, 0.297, 0.003]),
        }
    )
    p = rng.beta(1, 3, n)
    lost = rng.random(n) < np.clip(p + hidden_risk * profile["age_band"].eq("65+").to_numpy(), 0, 1)
    unseen = profile["gender"].eq("f") & (rng.random(n) < blind)
    index = pd.Index(profile["customer_no"])
    foreseen = pd.Series(np.where(unseen, 0.25, p), index)
    result = Tried(("model",), foreseen, pd.Series(lost, index), foreseen)
    worth = rng.lognormal(4, 0.5, n) * np.where(profile["region"] == "south", dear, 1)
    return result, fairness.called(foreseen * worth, 300), profile


def established(result):
    rows = result.frame[result.frame["claim"]]
    return set(rows[["measure", "value"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ({"hidden_risk": 0.15}, (fairness.FITS, "65+")),
        ({"blind": 0.6}, (fairness.FOUND, "f")),
        ({"dear": 3.0}, (fairness.CALLED, "south")),
    ],
)
def test_a_planted_bias_is_found_and_told(planted, found):
    result = fairness.parity(*tried(1, **planted))
    assert found in established(result)
    told = result.claims(Gate(10).guard(result).marks(result.frame))
    assert found[1] in {finding.values["value"] for finding in told}
    assert {finding.kind for finding in told} == {"difference"}


def test_the_figures_are_those_of_the_groups():
    result, listed, profile = tried(2, dear=3.0)
    frame = fairness.parity(result, listed, profile).frame.set_index(["measure", "value"])
    south = profile.set_index("customer_no").loc[listed.index, "region"] == "south"
    row = frame.loc[(fairness.CALLED, "south")]
    assert row["share"] == pytest.approx(listed[south].mean())
    assert row["difference"] == pytest.approx(100 * (listed[south].mean() - listed[~south].mean()))
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    women = profile.set_index("customer_no").loc[result.p.index, "gender"] == "f"
    fits = frame.loc[(fairness.FITS, "f")]
    assert fits["expected_share"] == pytest.approx(result.p[women].mean())
    left = result.lost.astype(float) - result.p
    assert fits["difference"] == pytest.approx(100 * (left[women].mean() - left[~women].mean()))
    assert frame.loc[fairness.CALLED, "below_four_fifths"]["north"]
    assert not row["below_four_fifths"]
    assert frame.loc[[fairness.FOUND, fairness.FITS], "below_four_fifths"].isna().all()


def test_a_few_customers_are_neither_compared_nor_shown():
    result = fairness.parity(*tried(3))
    few = result.frame["value"].eq("islet")
    assert result.frame.loc[few, "p"].isna().all()
    shown = Gate(10).guard(result).frame
    assert shown.loc[shown["value"].eq("islet"), "suppressed"].all()


def test_where_there_is_no_bias_nothing_is_found_and_it_says_among_how_many():
    claimed = [fairness.parity(*tried(seed)) for seed in range(20, 40)]
    assert sum(result.frame["claim"].any() for result in claimed) <= 4  # binomial, 99 %
    quiet = next(result for result in claimed if not result.frame["claim"].any())
    (finding,) = quiet.claims(quiet.frame.assign(hidden=False))
    assert finding.kind == "nothing"
    assert finding.values["family"] == quiet.family == 21


def test_without_a_list_or_groups_there_is_nothing_to_compare():
    result, listed, profile = tried(4, 400)
    assert not len(fairness.parity(result, listed[:0], profile))
    assert not len(fairness.parity(result, listed, profile[["customer_no"]]))
