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
    counts as the average: that somebody's data are missing must not make a customer fit. Intervals of a cross-validated
    share of pairs take the model as given, so the test shuffles who is ideal within each fifth and fits anew (Ojala &
    Garriga 2010, Journal of Machine Learning Research 11:1833–1863).

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

    known = worth.notna().to_numpy()
    matrix = _matrix(profile[known], attributes)
    target, amount = members[known].to_numpy(float), worth[known].to_numpy(float)
    if not matrix.shape[1] or len(np.unique(target)) < 2:
        nobody, nothing = pd.Series(np.nan, profile.index), Estimate(np.nan, np.nan, np.nan)
        return Fit(nobody, nobody, _gains(target[:0], amount[:0], target[:0], nothing, np.nan), nothing, np.nan)
    rng = np.random.default_rng(seed)
    fifth = rng.permutation(len(target)) % FOLDS
    # Customers with the same traits fit equally well: chance decides, lest the order of the file does.
    jitter = rng.random(len(target))
    with threadpool_limits(1):
        chance = _held_out(matrix, target[:, None], fifth)
        place = _places(chance, fifth, jitter)[:, 0]
        shuffled = _shuffled_pairs(matrix, target, fifth, jitter, rng)
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
                "Tenths by fit, the best fitting first; judged on customers the score was not learnt from. {n:count} "
                "customers."
            ),
            {"n": len(target)},
        ),
    )


def _claims(gains: pd.DataFrame, pairs: Estimate, p: float) -> list[Finding]:
    """Whether what customers are tells who is ideal; of a best tenth that the page hides nothing is said."""
    n, best = int(gains["base"].sum()), gains.iloc[0]
    values = {"pairs": pairs.value, "low": pairs.low, "high": pairs.high, "n": n}
    evidence: dict[str, Any] = {
        "id": "ideal.fit",
        "n": n,
        "interval": (pairs.low, pairs.high),
        "test": N_("ridge regression, cross-validated; area under the ROC curve (DeLong), permutation test"),
        "p_adjusted": p,
        "family": 1,
    }
    if not p <= ALPHA:
        nothing = N_(
            "No ideal profile stands out: an ideal customer fits better than another in {pairs:share} of pairs "
            "({low:share} to {high:share}, n = {n:count}), and half would be chance. Taken together, what is known of "
            "customers does not tell who is ideal."
        )
        return [Finding(nothing, values, **evidence, kind="nothing")]
    message = N_(
        "What customers are tells who is ideal: in {pairs:share} of the pairs of an ideal customer and another, the "
        "ideal one fits better ({low:share} to {high:share}, n = {n:count}; half would be chance), measured on "
        "customers from whom the score was not learnt."
    )
    evidence |= {"effect": float(from_auc(pairs.value)), "reach": int(best["base"])}
    said = [Finding(message, values, **evidence, kind="difference")]
    return said if best["hidden"] else [*said, _of_best_tenth(best, float(gains["n"].sum() / n))]


def _of_best_tenth(best: pd.Series, usual: float) -> Finding:
    message = N_(
        "Of the tenth of customers who fit best, {share:share} are ideal ({low:share} to {high:share}, n = {n:count}), "
        "and this tenth accounts for {worth:share} of the worth of all ({from:share} to {to:share})."
    )
    columns = {"share": "share", "low": "share_low", "high": "share_high"}
    columns |= {"worth": "value_share", "from": "value_share_low", "to": "value_share_high"}
    values = {name: float(best[column]) for name, column in columns.items()}
    return Finding(
        message,
        values | {"n": int(best["base"])},
        id="ideal.gain",
        n=int(best["base"]),
        interval=(values["low"], values["high"]),
        test=N_("Wilson interval; ratio of sums"),
        effect=float(from_shares(values["share"], usual)) if values["share"] > usual else 0.0,
        reach=int(best["base"]),
    )


def _held_out(matrix: np.ndarray, targets: np.ndarray, fifth: np.ndarray) -> np.ndarray:
    """Predictions of each column of `targets` by a ridge regression that did not see them, fifth by fifth."""
    from sklearn.linear_model import Ridge

    found = np.empty_like(targets)
    for number in range(FOLDS):
        train = fifth != number
        mean = targets[train].mean(axis=0)
        model = Ridge(RIDGE, fit_intercept=False, solver="cholesky").fit(matrix[train], targets[train] - mean)
        found[~train] = mean + model.predict(matrix[~train]).reshape(-1, targets.shape[1])
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


def _shuffled_pairs(matrix, target, fifth, jitter, rng) -> np.ndarray:
    """Shares of pairs in which the ideal customer fits better, where who is ideal is shuffled within each fifth."""
    found = []
    for _ in range(0, PERMUTATIONS, CHUNK):
        targets = np.empty((len(target), CHUNK))
        for number in range(FOLDS):
            rows = np.flatnonzero(fifth == number)
            targets[rows] = rng.permuted(np.tile(target[rows], (CHUNK, 1)), axis=1).T
        places = _places(_held_out(matrix, targets, fifth), fifth, jitter)
        ranks = pd.DataFrame(-places).rank().to_numpy()
        ideal = targets.sum(axis=0)
        above = (ranks * targets).sum(axis=0) - ideal * (ideal + 1) / 2
        found.append(above / (ideal * (len(target) - ideal)))
    return np.concatenate(found)


def _matrix(profile: pd.DataFrame, attributes: Sequence[str]) -> np.ndarray:
    """Values of the attributes as centred columns of 0 and 1; an unknown value is the average of the known."""
    columns = []
    for values in dict(banded(profile, attributes)).values():
        levels = pool(values)
        known = levels.notna().to_numpy()
        for level in sorted(levels.dropna().unique()) if levels.nunique() > 1 else ():
            of = levels.eq(level).to_numpy(float)
            columns.append(np.where(known, of - of[known].mean(), 0.0))
    return np.column_stack(columns) if columns else np.empty((len(profile), 0))
