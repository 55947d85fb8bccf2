"""What segments tell of an outcome that had no part in making them: who leaves, who is not satisfied.

Segments that only restate their own columns are of little use. The test is an outcome held out of their making: does
its share differ between segments, and how much more often is it found among the tenth of the customers whose segments
put them most at risk? Segments are not a prediction and what they tell is association.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from ...codes import LEFT
from ...messages import N_, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected, proportions_p
from ...stats.group_tests import chi2_test
from ...stats.intervals import Estimate, Interval, add_shares, auc_interval, z_value
from ..leakage import determines

# Answers that count as dissatisfied: detractors (Reichheld 2003), and 1 and 2 of 5.
POOR = {"nps_score": 6.0, "csat_score": 2.0, "stars_score": 2.0}
DISSATISFIED = "dissatisfied"
MIN_CASES = 30  # with the outcome and without: fewer cannot be divided among segments
RISKIEST = 0.10  # part of the customers that is looked at: the tenth that gains charts begin with
FOLDS = 10
PERMUTATIONS = 200  # of the outcome among customers: what the tenth and the area are by chance, learning included
FOLLOWS = 0.2
"""Part of an outcome's uncertainty up to which a column that made the segments says the outcome in other words."""

OF_SEGMENT = (
    *("attribute", "value", "segment", "n", "base", "share", "share_low", "share_high"),
    *("to_all", "to_all_low", "to_all_high", "p", "p_adjusted", "claim"),
)
OF_OUTCOME = (
    *("attribute", "value", "n", "base", "share", "share_low", "share_high", "riskiest_n", "riskiest_base"),
    *("riskiest_share", "to_all", "to_all_low", "to_all_high", "auc", "auc_low", "auc_high"),
    *("p", "p_adjusted", "effect", "claim"),
)


Outcomes = dict[tuple[str, str], pd.Series]


def outcomes(profile: pd.DataFrame, formed_by: Collection[str] = ()) -> Outcomes:
    """Outcomes that segments may tell of, and of whom they are known.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    formed_by : collection of str
        Columns that the segments were made of, and what follows from them. They are no outcomes, and nor is what one of
        them decides: a status "inactive" that begins some days after the last order is recency in other words.

    Returns
    -------
    dict of Series of bool
        By attribute and value; True for customers with the outcome, only those of whom it is known.
    """
    found = _candidates(profile.loc[:, ~profile.columns.isin(formed_by)])
    made = profile[[name for name in formed_by if name in profile]]
    return {key: had for key, had in found.items() if not any(_decides(made[name], had) for name in made)}


def told(profile: pd.DataFrame, formed_by: Collection[str]) -> list[Text]:
    """A sentence for each outcome that is left out because it follows from what made the segments."""
    message = N_("“{name:label}” follows from what made the segments, so it does not say whether they are of use.")
    everything, used = _candidates(profile.loc[:, ~profile.columns.isin(formed_by)]), outcomes(profile, formed_by)
    return [Text(message, {"name": name}) for name in dict.fromkeys(key[0] for key in everything if key not in used)]


def _decides(column: pd.Series, had: pd.Series) -> bool:
    """Whether a column leaves hardly anything of an outcome open; numbers are cut where that tells most of it."""
    values, has = column.loc[had.index], had.to_numpy(bool)
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.astype("int64").where(values.notna())
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        from sklearn.tree import DecisionTreeClassifier

        numbers = values.astype("float64").fillna(-1e18).to_numpy()[:, None]
        tree = DecisionTreeClassifier(max_leaf_nodes=4, min_samples_leaf=MIN_CASES // 3, random_state=0)
        values = pd.Series(tree.fit(numbers, has).apply(numbers))
    return determines(values.reset_index(drop=True), has, FOLLOWS)


def _candidates(profile: pd.DataFrame) -> Outcomes:
    """Who is lost, and who is not satisfied."""
    found = {}
    if "status" in profile:
        status = profile["status"].dropna().astype(str)
        for value in sorted({value for value in status.unique() if value.strip().lower() in LEFT}):
            found["status", value] = status == value
    for name, bar in POOR.items():
        if name in profile:
            found[name, DISSATISFIED] = profile[name].dropna().astype(float) <= bar
    return {key: had for key, had in found.items() if min(had.sum(), (~had).sum()) >= MIN_CASES}


def by_segment(labels: pd.Series, held_out: Outcomes) -> Result:
    """Share of each outcome in each segment.

    Parameters
    ----------
    labels : Series of int
        Segment of each customer; all missing where there are no segments.
    held_out : dict of Series
        See `outcomes`.

    Returns
    -------
    Result
        ``attribute, value, segment, n`` (with the outcome)``, base`` (of whom it is known)``, share, share_low,
        share_high, to_all`` (share over that of all) with interval``, p`` (against all other segments)``, p_adjusted,
        claim``; all comparisons are one family.
    """
    rows = []
    for (attribute, value), had in _of_members(labels, held_out).items():
        counts = pd.crosstab(labels.loc[had.index], had).reindex(columns=[False, True], fill_value=0)
        of, n = counts.sum(axis=1).to_numpy(), counts[True].to_numpy()
        ratio, (low, high) = lift(n, of, n.sum(), of.sum())
        columns = {"attribute": attribute, "value": value, "segment": counts.index, "n": n, "base": of}
        p = proportions_p(n, of, n.sum() - n, of.sum() - of)
        rows.append(pd.DataFrame(columns | {"to_all": ratio, "to_all_low": low, "to_all_high": high, "p": p}))
    title = Text(N_("Those outcomes in each segment"))
    rule = Disclosure(within=("attribute", "value"))
    table, family = corrected(rows, OF_SEGMENT)
    about = Text(N_("Share of a segment over the share of all; hollow marks may be chance."))
    return Result("separation_by_segment", add_shares(table), title, rule, family=family, about=about)


def separate(labels: pd.Series, held_out: Outcomes, seed: int = 1) -> Result:
    """How well the segments tell of each outcome.

    Segments are put in order of their share of the outcome, learned from the other nine tenths of the
    customers, so that nobody's own outcome counts; customers of one segment are in random order.

    Returns
    -------
    Result
        ``attribute, value, n, base, share`` with interval``, riskiest_n, riskiest_base, riskiest_share`` (among the
        tenth most at risk)``, to_all`` (that share over the share of all) with interval``, auc`` with interval``, p``
        (χ² of segments and outcome)``, p_adjusted, effect`` (Cramér's V)``, claim``. Intervals are at least as wide as
        chance alone would make them, the order of the segments being learned anew for each permuted outcome.
    """
    rows = []
    for (attribute, value), had in _of_members(labels, held_out).items():
        segment, truth = labels.loc[had.index].to_numpy(), had.to_numpy(bool)
        risk, chance = _learned(segment, truth, seed)
        first = _riskiest(risk, chance)
        k1, n1, k, n = int(truth[first].sum()), len(first), int(truth.sum()), len(truth)
        by_chance = [_judged(segment, drawn, seed) for drawn in _permuted(truth, seed)]
        ratio, area = lift(k1, n1, k, n), auc_interval(risk, truth)
        lifted = Estimate(float(ratio[0]), float(ratio[1].low), float(ratio[1].high))
        times = _by_chance(lifted, np.array([each[0] for each in by_chance]) - 1, np.inf)
        area = _by_chance(area, np.array([each[1] for each in by_chance]) - 0.5, 1.0)
        tested = chi2_test(pd.crosstab(segment, truth))
        rows.append(
            {"attribute": attribute, "value": value, "n": k, "base": n, "riskiest_n": k1, "riskiest_base": n1}
            | {"riskiest_share": k1 / n1, "to_all": times.value, "to_all_low": times.low, "to_all_high": times.high}
            | {"auc": area.value, "auc_low": area.low, "auc_high": area.high, "p": tested.p, "effect": tested.effect}
        )
    title = Text(N_("Outcomes that had no part in the segments"))
    rule = Disclosure(within=None, also=("riskiest_n", "riskiest_base"))
    table, family = corrected(rows, OF_OUTCOME)
    # Segments may differ in an outcome and yet not put in order who has it: the sentence speaks of the order.
    table["claim"] &= table["auc_low"] > 0.5
    about = Text(N_("The tenth whose segments put them most at risk beside all customers of whom it is known."))
    return Result("separation", add_shares(table), title, rule, SEPARATION, family, about, needs="feedback")


def lift(k1, n1, k, n) -> tuple[np.ndarray, Interval]:
    """Share of a group over the share of all, the group included, with its interval.

    Parameters
    ----------
    k1, n1 : array_like
        Count and base of the group.
    k, n : array_like
        Count and base of all; ``k`` at least 1.

    Returns
    -------
    ratio : ndarray
    interval : Interval
        On the log scale by the delta method: that the group is part of all makes it narrower than the interval of a
        ratio of separate groups. Where nobody in the group has the outcome, half a case is added for the interval.

    Examples
    --------
    >>> ratio, (low, high) = lift(40, 100, 200, 1000)
    >>> print(f"{ratio:.1f} ({low:.2f} to {high:.2f})")
    2.0 (1.60 to 2.50)
    """
    k1, n1, k, n = np.broadcast_arrays(*(np.asarray(x, float) for x in (k1, n1, k, n)))
    ratio = (k1 / n1) / (k / n)
    p1 = np.where(k1 == 0, 0.5, k1) / n1
    p, rest = k / n, np.maximum(n - n1, 1)
    p0 = (k - k1) / rest
    of_group = (1 / p1 - n1 / (n * p)) ** 2 * p1 * np.maximum(1 - p1, 0) / n1
    width = z_value() * np.sqrt(of_group + (rest / (n * p)) ** 2 * p0 * (1 - p0) / rest)
    centre = p1 / p
    return ratio, Interval(np.where(k1 == 0, 0.0, centre * np.exp(-width)), centre * np.exp(width))


def _riskiest(risk: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return np.lexsort((chance, -risk))[: max(round(RISKIEST * len(risk)), 1)]


def _permuted(truth: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    return (rng.permutation(truth) for _ in range(PERMUTATIONS))


def _judged(segment: np.ndarray, truth: np.ndarray, seed: int) -> tuple[float, float]:
    """Share of the riskiest tenth over that of all, and the area under the curve."""
    risk, chance = _learned(segment, truth, seed)
    place = risk.astype(int)
    counts = [np.bincount(place[truth == side], minlength=place.max() + 1) for side in (True, False)]
    below = counts[1].cumsum() - counts[1] / 2  # of the others, those of a lower place and half of the same
    area = float(counts[0] @ below / (counts[0].sum() * counts[1].sum()))
    return float(truth[_riskiest(risk, chance)].mean() / truth.mean()), area


def _by_chance(found: Estimate, beyond: np.ndarray, most: float) -> Estimate:
    """An estimate whose interval is widened to what chance makes of it, beyond the value of no effect."""
    least, largest = np.quantile(beyond, [0.025, 0.975])
    low, high = min(found.low, found.value - largest), max(found.high, found.value - least)
    return Estimate(found.value, max(float(low), 0.0), min(float(high), most))


def _learned(segment: np.ndarray, truth: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Place of a customer's segment by the share of the outcome in the other folds, and a random number each."""
    rng = np.random.default_rng(seed)
    fold = rng.permutation(np.arange(len(truth)) % FOLDS)
    codes = np.unique(segment, return_inverse=True)[1]
    risk = np.empty(len(truth))
    for out in range(FOLDS):
        here = fold == out
        n = np.bincount(codes[~here], minlength=codes.max() + 1)
        k = np.bincount(codes[~here], truth[~here], minlength=codes.max() + 1)
        # One customer's worth of the average: a segment that is missing in the other folds gets that.
        share = (k + truth[~here].mean()) / (n + 1)
        # The place of the segment, not its share: that is lowest for the fold which happens to have most cases.
        risk[here] = share.argsort(kind="stable").argsort()[codes[here]]
    return risk, rng.random(len(truth))


def _of_members(labels: pd.Series, held_out: Outcomes) -> Outcomes:
    """Outcomes of customers who are in a segment; none where nobody is."""
    members = labels.index[labels.notna()]
    return {key: had[had.index.isin(members)] for key, had in held_out.items()} if len(members) else {}


SEPARATION = Claims(
    "separation",
    N_(
        "The segments tell who is more often “{value:value}” ({attribute:label}): {share:share} of the {n:count} "
        "customers whose segments put them most at risk, {all:share} of all, {times:ratio} times as often ({low:ratio} "
        "to {high:ratio}). It is an association, with an outcome that had no part in making the segments."
    ),
    {
        "share": "riskiest_share",
        "all": "share",
        "times": "to_all",
        "n": "riskiest_base",
    },
    key=("attribute", "value"),
    nothing=N_(
        "The segments tell nothing of outcomes that had no part in making them: in none of {family:count} outcomes do "
        "they differ more than by chance."
    ),
    test=N_("χ² test of segments and outcome; ranks learned on other customers"),
    estimate="to_all",
    reach="riskiest_base",
)
