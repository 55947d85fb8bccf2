"""What the scores would be if everybody answered equally often: answers weighted to the mix of all customers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import fact, shown
from ...stats.intervals import z_value
from ..demographics.categories import banded, values_of
from .metrics import METRICS

MOST_MARGINS = 5
"""Traits weighted by at once; more make weights uneven and gain little (Battaglia, Hoaglin & Frankel 2009)."""

LEAST_CELL = 20
"""Answers that a value of a margin needs; rarer values are put together, lest single answers get large weights."""

TRIM = 5.0
"""Largest weight, in average weights; what is cut off is spread over the others (Battaglia, Hoaglin & Frankel 2009,
Survey Practice 2(5))."""

CLOSE = 1e-6
"""Largest difference of a share from its target at which raking has arrived."""

ROUNDS = 200

UNKNOWN = N_("not known")

COLUMNS = [
    *("metric", "n", "nps", "nps_low", "nps_high", "nps_weighted", "nps_weighted_low", "nps_weighted_high"),
    *("mean", "mean_low", "mean_high", "mean_weighted", "mean_weighted_low", "mean_weighted_high"),
    *("difference", "difference_low", "difference_high", "p", "n_effective", "design_effect", "margins"),
    *("share", "share_low", "share_high", "share_weighted", "share_weighted_low", "share_weighted_high"),
]


@dataclass(frozen=True)
class Weights:
    """Weights of the customers who answered.

    Parameters
    ----------
    weight : Series
        One weight per answer, on average 1; index as the answers'.
    margins : DataFrame
        ``attribute, value, n`` (answers)``, base`` (answers in all)``, share`` (of answers)``, target`` (share of all
        customers)``, reached`` (weighted share of answers).
    traits : tuple of str
        What was weighted by.
    """

    weight: pd.Series
    margins: pd.DataFrame
    traits: tuple[str, ...]

    @property
    def design_effect(self) -> float:
        """How many times as large the variance of a mean becomes by uneven weights alone.

        Kish (1965), Survey Sampling, section 11.7: 1 + squared coefficient of variation of the weights.
        """
        w = self.weight.to_numpy(float)
        return float(len(w) * (w**2).sum() / w.sum() ** 2) if len(w) else np.nan


def rake(cells: pd.DataFrame, targets: dict[str, pd.Series], trim: float = TRIM) -> np.ndarray:
    """Weights whose weighted shares equal the targets in every margin.

    Parameters
    ----------
    cells : DataFrame, shape (answers, margins)
        Value of each answer in each margin, none missing.
    targets : dict of Series
        For each margin, the share of every value that occurs, adding up to 1.
    trim : float
        Largest weight in average weights.

    Returns
    -------
    ndarray, shape (answers,)
        Weights with mean 1. Margins that trimming keeps apart from their targets stay so: compare ``reached``.

    References
    ----------
    Iterative proportional fitting: Deming & Stephan (1940), Ann. Math. Statist. 11:427–444.
    """
    weights = np.ones(len(cells))
    codes = {name: pd.factorize(cells[name], sort=True) for name in targets}
    for _ in range(ROUNDS):
        furthest = 0.0
        for name, (at, values) in codes.items():
            wanted = targets[name].reindex(values).to_numpy(float) * len(cells)
            have = np.bincount(at, weights, len(values))
            furthest = max(furthest, float(np.abs(have - wanted).max() / len(cells)))
            weights *= (wanted / have)[at]
        cut = weights > trim
        if cut.any():
            weights = np.where(cut, trim, weights * (len(cells) - trim * cut.sum()) / max(weights[~cut].sum(), 1e-12))
        elif furthest < CLOSE:
            break
    return weights


def weigh(answered: pd.Series, profile: pd.DataFrame, response: pd.DataFrame) -> Weights | None:
    """Weight those who answered to the mix of all customers.

    Parameters
    ----------
    answered : Series
        ``customer_no`` of each answer, once each.
    profile : DataFrame
        All customers.
    response : DataFrame
        Frame of `response.response`: traits with an established difference are weighted by, the largest first.

    Returns
    -------
    Weights or None
        None where no trait divides those who answer from those who do not.
    """
    traits = uneven(response)
    if not traits or answered.empty:
        return None
    everybody = banded(profile, traits).apply(values_of).set_index(profile["customer_no"])
    for name in traits:
        counts = everybody.loc[answered.astype("int64"), name].value_counts()
        rare = [value for value in everybody[name].dropna().unique() if counts.get(value, 0) < LEAST_CELL]
        if rare:
            everybody[name] = _merged(everybody[name], counts, rare)
    cells = everybody.loc[answered.astype("int64")]
    traits = [name for name in traits if cells[name].nunique() > 1]
    if not traits:
        return None
    targets = {name: _target(everybody[name], cells[name]) for name in traits}
    cells = cells.fillna(UNKNOWN)
    weights = rake(cells, targets)
    rows = []
    for name in traits:
        total = pd.Series(weights, cells.index).groupby(cells[name]).sum() / len(cells)
        for value, n in cells[name].value_counts().items():
            row = {"attribute": name, "value": value, "n": int(n), "base": len(cells), "share": n / len(cells)}
            rows.append(row | {"target": float(targets[name][value]), "reached": float(total[value])})
    return Weights(pd.Series(weights, answered.index), pd.DataFrame(rows), tuple(traits))


def uneven(response: pd.DataFrame) -> list[str]:
    """Traits whose groups answer unequally often, the most unequal first; at most `MOST_MARGINS`."""
    claims = response.loc[response["claim"].astype(bool)]
    size = claims["effect"].abs().groupby(claims["attribute"]).max()
    return sorted(size.index, key=lambda name: (-round(size[name], 12), name))[:MOST_MARGINS]


def weighted_scores(said: pd.DataFrame, profile: pd.DataFrame, response: pd.DataFrame, min_answers: int = 30) -> Result:
    """Each score as answered, and as it would be if the answers had the mix of all customers.

    Intervals of weighted means are linearised and take the weights as given, so that they allow for their unevenness;
    raking itself would make them a little shorter.

    Parameters
    ----------
    said : DataFrame
        Latest answers of customers in `profile`, one for each customer and metric.
    profile : DataFrame
        All customers.
    response : DataFrame
        Frame of `response.response`.
    min_answers : int
        Scores with fewer answers are not weighted.

    Returns
    -------
    Result
        ``metric, n, n_effective`` (answers that would be as precise if all weighed the same)``, design_effect``, the
        score as answered and weighted (``nps`` in points for NPS, ``mean``, ``share`` of good answers), each with
        interval, ``difference`` (weighted less as answered, of NPS or else of the mean) with interval, ``p`` and
        ``margins`` (how many traits were weighted by). Empty where everybody or nobody answers equally often.

    References
    ----------
    Linearised variance of a weighted mean: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, ch. 5.
    """
    rows, said = [], said.reset_index(drop=True)
    for metric in METRICS:
        part = said.loc[said["metric"] == metric]
        found = weigh(part["customer_no"], profile, response) if len(part) >= min_answers else None
        if found is None:
            continue
        w = found.weight.to_numpy(float)
        row: dict = {"metric": metric, "n": len(part), "n_effective": len(part) / found.design_effect}
        row |= {"design_effect": found.design_effect, "margins": len(found.traits)}
        values = {"mean": part["score"].to_numpy(float), "share": part["good"].to_numpy(float)}
        if metric == "nps":
            values["nps"] = 100.0 * (part["good"].astype(float) - part["poor"].astype(float)).to_numpy()
        for name, value in values.items():
            row |= _mean(name, value, np.ones(len(w))) | _mean(f"{name}_weighted", value, w)
        row |= _difference(values.get("nps", values["mean"]), w)
        rows.append(row)
    title = Text(N_("Scores as answered, and weighted to the mix of all customers"))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return Result("weighted_scores", table, title, OVERLAPPING, claims=_claims, needs="feedback")


def _claims(table: pd.DataFrame) -> list[Finding]:
    """How far each score moves when answers are weighted."""
    return [(NPS if row.metric == "nps" else MEAN).one(row) for row in shown(table).itertuples()]


_WEIGHTED = {"effective": lambda row: round(row.n_effective)}
NPS = fact(
    "weighted",
    N_(
        "Weighted to the mix of all customers the Net Promoter Score is {weighted:points} ({low:points} to "
        "{high:points}) instead of {plain:points}. {n:count} answers then tell as much as {effective:count} that weigh "
        "the same."
    ),
    _WEIGHTED | {"weighted": "nps_weighted", "plain": "nps"},
    key=("metric",),
    test=N_("raking, linearised interval"),
    estimate="nps_weighted",
    n="n",
)
MEAN = replace(
    NPS,
    message=N_(
        "{metric:label}: weighted to the mix of all customers the average is {weighted:number} ({low:number} to "
        "{high:number}) instead of {plain:number}. {n:count} answers then tell as much as {effective:count} that weigh "
        "the same."
    ),
    values=_WEIGHTED | {"weighted": "mean_weighted", "plain": "mean"},
    estimate="mean_weighted",
)


def what_it_can(weighted: Result, answered: pd.Series) -> list[Text]:
    """What weighting repairs and what not, or why there is nothing to weight; nothing where nobody has answered."""
    if not answered.any():
        return []
    message = N_(
        "Weighting repairs what the mix of those who answer does to the score: groups that answer rarely count "
        "more. It cannot repair that, within a group, the content or the annoyed answer more often than the "
        "others: nobody knows what those would have said who did not answer."
    )
    if answered.all():
        message = N_("All customers have answered: the scores speak for everybody, and no weighting is needed.")
    elif not len(weighted):
        message = N_(
            "No group of customers answers more often than the others by more than chance, so there is nothing to "
            "weight. Those who answer may still differ from the others in ways that the data do not know."
        )
    return [Text(message)]


def _target(everybody: pd.Series, answered: pd.Series) -> pd.Series:
    """Share that each value should have among the answers; those of whom it is not known keep the share they have."""
    unknown = float(answered.isna().mean())
    shares = everybody.value_counts(normalize=True) * (1 - unknown)
    return pd.concat([shares, pd.Series({UNKNOWN: unknown})]) if unknown else shares


def _merged(column: pd.Series, counts: pd.Series, rare: list[str]) -> pd.Series:
    """Rare values joined with each other, and with the next rarest value until they are frequent enough."""
    order = sorted(counts.index.difference(rare), key=lambda value: (counts[value], value))
    joined, n = list(rare), int(counts.reindex(rare).fillna(0).sum())
    while n < LEAST_CELL and order:
        n += int(counts[order[0]])
        joined.append(order.pop(0))
    return column.where(~column.isin(joined), N_("all other values"))


def _mean(name: str, values: np.ndarray, w: np.ndarray) -> dict[str, float]:
    mean = w @ values / w.sum()
    half = z_value() * _error(values - mean, w)
    return {name: float(mean), f"{name}_low": float(mean - half), f"{name}_high": float(mean + half)}


def _error(left: np.ndarray, w: np.ndarray) -> float:
    n = len(w)
    return float(np.sqrt(((w * left) ** 2).sum() * n / (n - 1)) / w.sum())


def _difference(values: np.ndarray, w: np.ndarray) -> dict[str, float]:
    """Weighted less plain mean: both are of the same answers, so their difference is far surer than either."""
    from scipy import special

    weighted, plain = w @ values / w.sum(), values.mean()
    influence = w * len(w) / w.sum() * (values - weighted) - (values - plain)
    difference = float(weighted - plain)
    error = float(influence.std(ddof=1) / np.sqrt(len(w)))
    half = z_value() * error
    ends = {"difference_low": difference - half, "difference_high": difference + half}
    p = float(2 * special.ndtr(-abs(difference) / error)) if error > 0 else np.nan
    return {"difference": difference, **ends, "p": p}
