"""How well customers fit the ideal by what they are, not by what they do; judged on whom it was not learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Result
from ...stats.comparisons import rate_ratio
from ...stats.effect_sizes import from_auc, from_shares
from ...stats.families import ALPHA
from ...stats.intervals import Estimate, add_shares, auc_interval, share_of_sum
from ..demographics.categories import banded
from ..segments.embedding import pool

PARTS = 10  # tenths of the customers by their fit
FOLDS = 5
RIDGE = 50.0  # as if so many customers more, of every value of a trait, were ideal as often as all
KNOWN = 0.5  # part of the attributes that must be known of a customer who is given a fit
FREE = 100.0  # scale of what the ridge is not to shrink
PERMUTATIONS = 100  # shuffles behind the p-value of the fit
CHUNK = 20  # shuffles at a time, which bounds the memory


@dataclass(frozen=True)
class Fit:
    """How well customers fit the ideal, by a model that did not see them; false where nothing describes them.

    Parameters
    ----------
    chance : Series of float
        Chance of being ideal; index of the profile, missing for customers outside the base.
    part : Series of float
        Tenth by fit, 1 the best fitting.
    gains : Result
        See `cross_validated`.
    pairs : Estimate
        Share of the pairs of an ideal customer and another in which the ideal one fits better; half would be chance.
    p : float
        How often shuffled data give as large a share.
    """

    chance: pd.Series
    part: pd.Series
    gains: Result
    pairs: Estimate
    p: float

    @property
    def stands_out(self) -> bool:
        """Whether ideal customers fit better than others by more than chance would allow."""
        return bool(self.p <= ALPHA)

    def __bool__(self) -> bool:
        return len(self.gains) > 0


def cross_validated(
    profile: pd.DataFrame, members: pd.Series, worth: pd.Series, attributes: Sequence[str], seed: int = 1
) -> Fit:
    """How well each customer fits the ideal, and what that is good for.

    A ridge regression on the values of all attributes, fitted on four fifths of the customers and applied to the other
    fifth, in turn. Tenths are formed within each fifth, so that a model's level cannot favour one. An unknown value
    counts as the average, and whether it is known is fitted beside the values and not counted: missing data must not
    make a customer fit, nor a value that only good customers are asked for. Of whom less than half of the attributes
    (`KNOWN`) are known has no fit. Intervals of a cross-validated share of pairs take the model as given, so the test
    shuffles who is ideal within each fifth and fits anew (Ojala & Garriga 2010, Journal of Machine Learning Research
    11:1833–1863).

    Parameters
    ----------
    profile : DataFrame
    members : Series of bool
        Who is ideal; same index.
    worth : Series of float
        What each customer is worth; who is missing is outside the base.
    attributes : sequence of str
        What describes customers; numbers are banded.
    seed : int
        Of the division into fifths.

    Returns
    -------
    Fit
        ``gains``: ``rank`` (1 the best fitting tenth)``, n`` (ideal customers)``, base, share`` with interval,
        ``ratio`` (of their share to that in the other tenths) with interval, ``value_share`` (of the worth of all) with
        interval (a ratio of sums, linearised: Cochran 1977, Sampling Techniques, section 6.4). Empty without an
        attribute, or where nobody or everybody is ideal.
    """
    from threadpoolctl import threadpool_limits

    levels = _levels(profile, attributes)
    known = worth.notna().to_numpy() & (
        levels.notna().mean(axis=1).ge(KNOWN).to_numpy() if len(levels.columns) else True
    )
    matrix, whether = _matrix(levels[known])
    target, amount = members[known].to_numpy(float), worth[known].to_numpy(float)
    if not matrix.shape[1] or len(np.unique(target)) < 2:
        nobody, nothing = pd.Series(np.nan, profile.index), Estimate(np.nan, np.nan, np.nan)
        return Fit(nobody, nobody, _gains(target[:0], amount[:0], target[:0], nothing, np.nan), nothing, np.nan)
    rng = np.random.default_rng(seed)
    fifth = rng.permutation(len(target)) % FOLDS
    # Customers with the same traits fit equally well: chance decides, lest the order of the file does.
    jitter = rng.random(len(target))
    with threadpool_limits(1):
        chance = _held_out(matrix, whether, target[:, None], fifth)
        place = _places(chance, fifth, jitter)[:, 0]
        shuffled = _shuffled_pairs(matrix, whether, target, fifth, jitter, rng)
    part = (place * PARTS).astype(int) + 1
    pairs = auc_interval(-place, target > 0)
    p = float((1 + (shuffled >= pairs.value - 1e-12).sum()) / (1 + len(shuffled)))
    index = profile.index[known]
    return Fit(
        pd.Series(chance[:, 0].clip(0, 1), index).reindex(profile.index),
        pd.Series(part, index).reindex(profile.index),
        _gains(target, amount, part, pairs, p),
        pairs,
        p,
    )


def _gains(target: np.ndarray, worth: np.ndarray, part: np.ndarray, pairs: Estimate, p: float) -> Result:
    """Ideal customers and worth in each tenth."""
    tenths = pd.DataFrame({"rank": part, "ideal": target}).astype(int).groupby("rank")["ideal"]
    gains = add_shares(tenths.agg(n="sum", base="size").reset_index())
    ratio = rate_ratio(gains["n"], gains["base"], target.sum() - gains["n"], len(target) - gains["base"])
    gains = gains.assign(ratio=ratio.ratio, ratio_low=ratio.low, ratio_high=ratio.high)
    shares = [share_of_sum(worth, part == number) for number in gains["rank"]]
    gains[["value_share", "value_share_low", "value_share_high"]] = np.array(shares, float).reshape(-1, 3)
    return Result(
        "ideal_gains",
        gains,
        Text(N_("Ideal customers and worth in each tenth by fit")),
        ONE_MARGIN,
        claims=partial(_claims, pairs=pairs, p=p),
        family=int(len(gains) > 0),
        about=Text(
            N_(
                "Tenths by fit, the best first, judged on {n:count} customers the score was not learnt from; half of "
                "their traits or more are known."
            ),
            {"n": len(target)},
        ),
        note=_order(gains["share"]) if len(gains) else None,
    )


def _claims(gains: pd.DataFrame, pairs: Estimate, p: float) -> list[Finding]:
    """Whether what customers are tells who is ideal; of a best tenth that the page hides nothing is said."""
    n, best = int(gains["base"].sum()), gains.iloc[0]
    evidence: dict[str, Any] = {
        "id": "ideal.fit",
        "n": n,
        "interval": (pairs.low, pairs.high),
        "test": N_("ridge regression, cross-validated; area under the ROC curve (DeLong), permutation test"),
        "p_adjusted": p,
        "family": 1,
    }
    if not p <= ALPHA:
        nothing = N_("No ideal profile stands out: what is known of customers does not tell who is ideal.")
        return [Finding(nothing, {}, **evidence, kind="nothing")]
    evidence |= {"effect": float(from_auc(pairs.value)), "reach": int(best["base"]), "kind": "difference"}
    if best["hidden"]:
        return [Finding(N_("What customers are tells who is ideal better than chance."), {}, **evidence)]
    usual = float(gains["n"].sum() / n)
    message = N_(
        "Of the tenth of customers who fit best {share:part} are ideal, of all {all:part}: useful for choosing whom to "
        "approach, not certain for one person."
    )
    first = Finding(message, {"share": float(best["share"]), "all": usual}, **evidence)
    return [first, _of_best_tenth(best, usual)]


def _of_best_tenth(best: pd.Series, usual: float) -> Finding:
    message = N_("The tenth of customers who fit best accounts for {worth:part} of what all customers are worth.")
    return Finding(
        message,
        {"worth": float(best["value_share"])},
        id="ideal.gain",
        n=int(best["base"]),
        interval=(float(best["value_share_low"]), float(best["value_share_high"])),
        test=N_("Wilson interval; ratio of sums"),
        effect=float(from_shares(best["share"], usual)) if best["share"] > usual else 0.0,
        reach=int(best["base"]),
    )


def _order(shares: pd.Series) -> Text:
    """Whether the share of ideal customers falls from tenth to tenth."""
    rises = int((shares.diff() > 0).sum())
    if not rises:
        return Text(N_("The share of ideal customers falls from tenth to tenth."))
    return Text(
        N_("The share of ideal customers does not fall all the way: {k:count} tenths have more than the one before."),
        {"k": rises},
    )


def _held_out(matrix: np.ndarray, whether: np.ndarray, targets: np.ndarray, fifth: np.ndarray) -> np.ndarray:
    """Predictions of each column of `targets` by a ridge regression that did not see them, fifth by fifth.

    Whether values are known takes its part of the fit, so that no value stands for it, and none of the predictions.
    """
    from sklearn.linear_model import Ridge

    found, given = np.empty_like(targets), np.hstack([matrix, whether])
    for number in range(FOLDS):
        train = fifth != number
        mean = targets[train].mean(axis=0)
        model = Ridge(RIDGE, fit_intercept=False, solver="cholesky").fit(given[train], targets[train] - mean)
        weights = np.atleast_2d(model.coef_)[:, : matrix.shape[1]]
        found[~train] = mean + matrix[~train] @ weights.T
    return found


def _places(chance: np.ndarray, fifth: np.ndarray, jitter: np.ndarray) -> np.ndarray:
    """Place of each customer within their fifth, the best fitting 0, the last just below 1."""
    found = np.empty_like(chance)
    for number in range(FOLDS):
        rows = np.flatnonzero(fifth == number)
        rows = rows[np.argsort(jitter[rows], kind="stable")]
        order = np.argsort(-chance[rows].round(12), axis=0, kind="stable")
        np.put_along_axis(ranks := np.empty(order.shape), order, np.arange(len(rows))[:, None] / len(rows), axis=0)
        found[rows] = ranks
    return found


def _shuffled_pairs(matrix, whether, target, fifth, jitter, rng) -> np.ndarray:
    """Shares of pairs in which the ideal customer fits better, where who is ideal is shuffled within each fifth."""
    found = []
    for _ in range(0, PERMUTATIONS, CHUNK):
        targets = np.empty((len(target), CHUNK))
        for number in range(FOLDS):
            rows = np.flatnonzero(fifth == number)
            targets[rows] = rng.permuted(np.tile(target[rows], (CHUNK, 1)), axis=1).T
        places = _places(_held_out(matrix, whether, targets, fifth), fifth, jitter)
        ranks = pd.DataFrame(-places).rank().to_numpy()
        ideal = targets.sum(axis=0)
        above = (ranks * targets).sum(axis=0) - ideal * (ideal + 1) / 2
        found.append(above / (ideal * (len(target) - ideal)))
    return np.concatenate(found)


def _levels(profile: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """The attributes that have more than one value, rare values pooled."""
    pooled = {name: pool(values) for name, values in dict(banded(profile, attributes)).items()}
    return pd.DataFrame({k: values for k, values in pooled.items() if values.nunique() > 1}, index=profile.index)


def _matrix(levels: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Values as centred columns of 0 and 1, an unknown value the average of the known; and whether they are known."""
    columns, whether = [np.empty((len(levels), 0))], [np.empty((len(levels), 0))]
    for _, values in levels.items():
        known = values.notna().to_numpy()
        for level in sorted(values.dropna().unique()):
            of = values.eq(level).to_numpy(float)
            columns.append(np.where(known, of - of[known].mean(), 0.0)[:, None])
        if not known.all():
            whether.append(FREE * (known - known.mean())[:, None])
    return np.hstack(columns), np.hstack(whether)
