"""What goes with being lost: how much worse the chance fits customers if something of them is not known.

What is known is mixed up between customers, a group of columns at a time, on customers from whom it was not learnt.
Columns that are made of each other stay together, or each would stand in for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components
from statsmodels.stats.weightstats import DescrStatsW

from ...messages import N_, Text
from ...results import NOBODY, Result
from ...stats.claims import Claims
from ...stats.comparisons import corrected
from .churn import Tried, foreseen, holds
from .order_history import KNOWN, SINCE_FIRST, SINCE_LAST

RECENCY, FREQUENCY = N_("how long ago they ordered"), N_("how often they order")
SINCE, WORTH = N_("how long they have been customers"), N_("what an order is worth")
OF_HISTORY = {
    **dict.fromkeys((SINCE_LAST, "rhythms_silent"), RECENCY),
    **dict.fromkeys((KNOWN[0], KNOWN[4], "rhythm_days"), FREQUENCY),
    SINCE_FIRST: SINCE,
    KNOWN[3]: WORTH,
}
TIMES = 5
"""How often a group is mixed up; the mean counts."""
MOST_TRIED = 5_000
"""Customers at most on whom it is tried."""
COLUMNS = ["feature", "n", "added_error", "added_error_low", "added_error_high", "p", "p_adjusted", "claim"]


def reasons(
    tried: Tried, features: pd.DataFrame, measured: Result, made_of: Mapping[str, Iterable[str]], seed: int = 1
) -> Result:
    """What goes with being lost, of what was known of the customers on whom it was tried.

    Parameters
    ----------
    tried : Tried
    features : DataFrame
        Of these customers, by ``customer_no``.
    measured : Result
        From `churn.quality`: where the chance did no better than the simple way, there is nothing to explain.
    made_of : mapping of str to iterable of str
        Attributes to what they are derived from.
    seed : int

    Returns
    -------
    Result
        ``feature`` (a group of columns, called by its first)``, n`` (customers)``, added_error`` with interval (squared
        error added without it, as a part of all)``, p`` (one-sided t test over customers)``, p_adjusted, claim``, the
        most telling first.

    References
    ----------
    Breiman (2001), Random forests, Machine Learning 45:5–32; in groups: Au et al. (2022), Data Mining and Knowledge
    Discovery 36:1401–1450.
    """
    title = Text(N_("What goes with being lost"))
    result = Result("churn_reasons", pd.DataFrame(columns=COLUMNS), title, NOBODY)
    if not tried.models or not holds(measured):
        return result
    rng = np.random.default_rng(seed)
    known = features.loc[tried.p.index, list(tried.models[0].feature_names_in_)]
    if len(known) > MOST_TRIED:
        known = known.iloc[np.sort(rng.choice(len(known), MOST_TRIED, replace=False))]
    lost = tried.lost.loc[known.index].to_numpy(float)
    error = (tried.p.loc[known.index].to_numpy() - lost) ** 2
    rows = []
    for group, names in groups(known, made_of).items():
        added = np.mean([(_mixed(tried, known, names, rng) - lost) ** 2 for _ in range(TIMES)], axis=0) - error
        told = DescrStatsW(added / error.mean())
        low, high = told.tconfint_mean()
        p = told.ttest_mean(0, "larger")[1] if told.std > 0 else 1.0
        rows.append([group, len(known), told.mean, low, high, p])
    table, family = corrected(pd.DataFrame(rows, columns=COLUMNS[:6]), COLUMNS)
    return Result(
        "churn_reasons",
        table.sort_values("added_error", ascending=False, kind="stable", ignore_index=True),
        title,
        NOBODY,
        CLAIMS,
        family,
        Text(
            N_(
                "How much more the forecast errs without knowing it, on {n:count} customers; hollow dots may be chance."
            ),
            {"n": len(known)},
        ),
        Text(
            N_(
                "Errors are squared. What is made of the same columns counts as one, called by its first. Whether it "
                "is a cause cannot be told from it."
            )
        ),
    )


CLAIMS = Claims(
    "churn_reasons",
    N_("“{feature:label}” goes with being lost: without knowing it the forecast errs {added:part} more."),
    {"added": "added_error"},
    key=("feature",),
    nothing=N_("Nothing that is known by itself goes with being lost (compared: {family:count})."),
    test=N_("permutation on customers not learnt from, t test; Benjamini–Hochberg"),
    estimate="added_error",
    n="n",
    effect="added_error",
    most=3,
)


def groups(features: pd.DataFrame, made_of: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Columns that are told together, by the name of the group.

    >>> groups(pd.DataFrame(columns=["age", "stage", "order_days", "rhythm_days"]), {"stage": ["age"]})
    {'age': ['age', 'stage'], 'how often they order': ['order_days', 'rhythm_days']}
    """
    names = list(features)
    ties = {(name, of) for name, parts in made_of.items() for of in parts} | {("age", "age_band")}
    tied = [[a == b or (a, b) in ties or OF_HISTORY.get(a, a) == OF_HISTORY.get(b, b) for b in names] for a in names]
    _, group = connected_components(np.array(tied).reshape(len(names), -1), directed=False)
    parts = pd.Series(names).groupby(group, sort=False).agg(list)
    return {OF_HISTORY.get(part[0], part[0]): part for part in parts}


def _mixed(tried: Tried, known: pd.DataFrame, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """The chance where some columns are those of other customers."""
    others = rng.permutation(len(known))
    strange = known.assign(**{name: known[name].to_numpy()[others] for name in names})
    return foreseen(tried.models, strange.astype(known.dtypes)).to_numpy()
