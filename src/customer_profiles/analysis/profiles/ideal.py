"""The ideal customer: who is worth much, stays and is content; what tells such customers; and who else is like them.

The fit score is the chance of being ideal by what a customer is, not by what they do. It is judged on customers from
whom it was not learnt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...stats.comparisons import rate_ratio
from ...stats.families import ALPHA
from ...stats.group_tests import welch
from ...stats.intervals import Estimate, add_shares, auc_interval, share_of_sum
from ..demographics.audience import BEST_SHARE
from ..demographics.categories import Orders, banded
from ..demographics.index import compare
from ..feedback.metrics import answers, latest
from ..pain_points.costs import leaving_is_stated, outcomes
from ..segments.embedding import pool

VALUE, STAYS, CONTENT, IDEAL = (
    N_("worth: among the best quarter"),
    N_("stays: has neither left nor lapsed"),
    N_("content: did not answer with a low score last"),
    N_("ideal: all of these"),
)
TOO_LITTLE, GONE, DISCONTENT = N_("worth less than the best quarter"), N_("left or lapsed"), N_("gave a low score last")
CHANCE = 0.5  # share of pairs in which a score that knows nothing is right
PARTS = 10  # tenths of the customers by their fit
FOLDS = 5
RIDGE = 50.0  # as if so many customers more, of every value of a trait, were ideal as often as all
PERMUTATIONS = 100  # shuffles behind the p-value of the fit
CHUNK = 20  # shuffles at a time, which bounds the memory
MIN_IDEAL = 50  # as many as an index needs; fewer do not describe anybody
A_YEAR = 365


@dataclass(frozen=True)
class Ideal:
    """Who is ideal.

    Parameters
    ----------
    members : Series of bool
        One value per row of the profile.
    worth : Series of float
        What each customer is worth; missing where unknown, and these customers are outside the base.
    conditions : DataFrame of boolean
        `VALUE`, `STAYS` and `CONTENT`, as far as they are known; missing where unknown.
    """

    members: pd.Series
    worth: pd.Series
    conditions: pd.DataFrame

    @property
    def known(self) -> pd.Series:
        """Customers of whom it can be told."""
        return self.worth.notna()


@dataclass(frozen=True)
class Fit:
    """How well customers fit the ideal, by a model that did not see them.

    Parameters
    ----------
    chance : Series of float
        Chance of being ideal; index of the profile, missing for customers outside the base.
    part : Series of float
        Tenth by fit, 1 the best fitting.
    gains : DataFrame
        See `fit`.
    pairs : Estimate
        Share of the pairs of an ideal customer and another in which the ideal one fits better; half would be chance.
    p : float
        How often shuffled data give as large a share.
    """

    chance: pd.Series
    part: pd.Series
    gains: pd.DataFrame
    pairs: Estimate
    p: float

    @property
    def stands_out(self) -> bool:
        """Whether ideal customers fit better than others by more than chance would allow."""
        return bool(self.p <= ALPHA)


def find(profile: pd.DataFrame, feedback: pd.DataFrame, value: str | None = None) -> Ideal | None:
    """Who is ideal: worth much, still there, and not discontent.

    Parameters
    ----------
    profile : DataFrame
        One row per customer. Who has left or lapsed is told as in chapter 03, see `costs.outcomes`; where that cannot
        be told, by an order within the last year.
    feedback : DataFrame
        Scores: a customer is discontent whose last answer to any question is low, see `metrics.answers`.
    value : str, optional
        Column with what a customer is worth; default ``spend``.

    Returns
    -------
    Ideal or None
        None where nobody is known to be worth anything, or fewer than `MIN_IDEAL` customers are ideal.
    """
    name = value or "spend"
    if name not in profile or not profile[name].gt(0).any():
        return None
    worth = profile[name].astype(float).clip(lower=0)
    conditions = {VALUE: (worth >= worth.quantile(1 - BEST_SHARE)).astype("boolean").mask(worth.isna())}
    if (stays := _stays(profile)) is not None:
        conditions[STAYS] = stays
    if (content := _content(profile, feedback)) is not None:
        conditions[CONTENT] = content
    table = pd.DataFrame(conditions, index=profile.index)
    # What nobody knows excludes nobody: most customers are never asked how content they are.
    members = table.fillna(True).all(axis=1).astype(bool) & worth.notna()
    return Ideal(members, worth, table) if members.sum() >= MIN_IDEAL else None


def definition(ideal: Ideal) -> pd.DataFrame:
    """How many customers meet each condition, and all of them.

    Returns
    -------
    DataFrame
        ``criterion, n, base`` (customers of whom it is known)``, share`` with its interval.
    """
    known = {name: ideal.conditions.loc[ideal.known, name] for name in ideal.conditions}
    rows = [(name, int(values.fillna(False).sum()), int(values.notna().sum())) for name, values in known.items()]
    rows.append((IDEAL, int(ideal.members.sum()), int(ideal.known.sum())))
    return add_shares(pd.DataFrame(rows, columns=["criterion", "n", "base"]))


def describing(
    names: Iterable[str],
    profile: pd.DataFrame,
    value: str | None = None,
    made_of: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """Attributes that may tell an ideal customer: none that says by itself what one is worth, or whether one left."""
    taken = {value or "spend", "status"}
    return [
        name
        for name in names
        if name in profile and name not in taken and not taken & set((made_of or {}).get(name, ()))
    ]


def traits(
    profile: pd.DataFrame, ideal: Ideal, attributes: Sequence[str], orders: Orders | None = None, min_base: int = 50
) -> pd.DataFrame:
    """What sets ideal customers apart from all others: an index table, see `index.compare`."""
    table = banded(profile, attributes)
    return compare(table[ideal.members], table[ideal.known & ~ideal.members], attributes, min_base, orders)


def fit(profile: pd.DataFrame, ideal: Ideal, attributes: Sequence[str], seed: int = 1) -> Fit | None:
    """How well each customer fits the ideal, and what that is good for.

    A ridge regression on the values of all attributes, fitted on four fifths of the customers and applied to the other
    fifth, in turn. Tenths are formed within each fifth, so that a model's level cannot favour one. An unknown value
    counts as the average: that somebody's data are missing must not make a customer fit. Intervals of a cross-validated
    share of pairs take the model as given, so the test shuffles who is ideal within each fifth and fits anew (Ojala &
    Garriga 2010, Journal of Machine Learning Research 11:1833–1863).

    Parameters
    ----------
    profile : DataFrame
    ideal : Ideal
    attributes : sequence of str
        What describes customers; numbers are banded.
    seed : int
        Of the division into fifths.

    Returns
    -------
    Fit or None
        ``gains``: ``rank`` (1 the best fitting tenth)``, n`` (ideal customers)``, base, share`` with interval,
        ``ratio`` (of their share to that in the other tenths) with interval, ``value_share`` (of the worth of all) with
        interval (a ratio of sums, linearised: Cochran 1977, Sampling Techniques, section 6.4). None without an
        attribute.
    """
    from threadpoolctl import threadpool_limits

    known = ideal.known.to_numpy()
    matrix = _matrix(profile[known], attributes)
    if not matrix.shape[1]:
        return None
    target, worth = ideal.members[known].to_numpy(float), ideal.worth[known].to_numpy()
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
    rows = [(number, int(target[part == number].sum()), int((part == number).sum())) for number in range(1, PARTS + 1)]
    gains = add_shares(pd.DataFrame(rows, columns=["rank", "n", "base"]))
    ratio = rate_ratio(gains["n"], gains["base"], target.sum() - gains["n"], len(target) - gains["base"])
    gains = gains.assign(ratio=ratio.ratio, ratio_low=ratio.low, ratio_high=ratio.high)
    shares = [share_of_sum(worth, part == number) for number in gains["rank"]]
    gains[["value_share", "value_share_low", "value_share_high"]] = np.array(shares)
    index = profile.index[known]
    return Fit(
        pd.Series(chance[:, 0].clip(0, 1), index).reindex(profile.index),
        pd.Series(part, index).reindex(profile.index),
        gains,
        pairs,
        float((1 + (shuffled >= pairs.value - 1e-12).sum()) / (1 + len(shuffled))),
    )


def _held_out(matrix: np.ndarray, targets: np.ndarray, fifth: np.ndarray) -> np.ndarray:
    """Predictions of each column of `targets` by a ridge regression that did not see them, fifth by fifth."""
    found = np.empty_like(targets)
    for number in range(FOLDS):
        train = fifth != number
        x, y = matrix[train], targets[train]
        mean = y.mean(axis=0)
        weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ (y - mean))
        found[~train] = mean + matrix[~train] @ weights
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


def lookalikes(ideal: Ideal, fit: Fit) -> pd.DataFrame:
    """Customers of the best fitting tenth who are not ideal, and why not.

    Returns
    -------
    DataFrame
        ``reason, n, base`` (lookalikes of whom it is known)``, share`` with interval; reasons overlap.
    """
    alike = ideal.known & fit.part.eq(1) & ~ideal.members
    reasons = {VALUE: TOO_LITTLE, STAYS: GONE, CONTENT: DISCONTENT}
    known = {reasons[name]: ~ideal.conditions.loc[alike, name] for name in ideal.conditions}
    rows = [(name, int(values.fillna(False).sum()), int(values.notna().sum())) for name, values in known.items()]
    return add_shares(pd.DataFrame(rows, columns=["reason", "n", "base"]))


def gap(ideal: Ideal, fit: Fit) -> dict[str, float]:
    """What lookalikes are worth less than ideal customers on average: ``n, gap, low, high`` (Welch's interval)."""
    alike = ideal.worth[ideal.known & fit.part.eq(1) & ~ideal.members]
    best = ideal.worth[ideal.members]
    if len(alike) < 2:
        return {"n": len(alike), "gap": np.nan, "low": np.nan, "high": np.nan}
    found = welch(best.mean(), best.std(), len(best), alike.mean(), alike.std(), len(alike))
    return {"n": len(alike), "gap": float(found.value), "low": float(found.low), "high": float(found.high)}


def findings(ideal: Ideal, chapter: str = "10") -> list[Finding]:
    """How many customers are ideal, and what they are worth."""
    whole = definition(ideal).iloc[-1]
    low, high = float(whole["share_low"]), float(whole["share_high"])
    worth = share_of_sum(ideal.worth[ideal.known], ideal.members[ideal.known])
    values = {"n": int(whole["n"]), "share": float(whole["share"]), "low": low, "high": high}
    return [
        Finding(
            "{share:share} of customers are ideal ({low:share} to {high:share}, n = {n:count}): they meet every "
            "condition that is known of them. They account for {worth:share} of the worth of all ({from:share} to "
            "{to:share}).",
            values | {"worth": worth.value, "from": worth.low, "to": worth.high},
            id=f"{chapter}.ideal.share",
            n=int(whole["base"]),
            table="ideal_definition",
            interval=(low, high),
            test=N_("Wilson interval; ratio of sums"),
            effect=max(0.0, worth.value - values["share"]),
            reach=int(whole["n"]),
        )
    ]


def fit_findings(ideal: Ideal, found: Fit, gains: pd.DataFrame, chapter: str = "10") -> list[Finding]:
    """Whether what customers are tells who is ideal, and what those are worth who only look like it.

    Parameters
    ----------
    ideal : Ideal
    found : Fit
    gains : DataFrame
        The gains as published: of a best tenth that is hidden there nothing is said.
    """
    n = int(found.gains["base"].sum())
    values = {"pairs": found.pairs.value, "low": found.pairs.low, "high": found.pairs.high, "n": n}
    evidence = {
        "id": f"{chapter}.ideal.fit",
        "n": n,
        "table": "ideal_gains",
        "interval": (found.pairs.low, found.pairs.high),
        "test": N_("ridge regression, cross-validated; area under the ROC curve (DeLong), permutation test"),
        "p_adjusted": found.p,
        "family": 1,
    }
    if not found.stands_out:
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
    best = found.gains.iloc[0]
    evidence |= {"effect": 2 * (found.pairs.value - CHANCE), "reach": int(best["base"])}
    said = [Finding(message, values, **evidence, kind="difference")]
    if gains.loc[gains["rank"].eq(1), "suppressed"].all():
        return said
    said.append(
        Finding(
            "Of the tenth of customers who fit best, {share:share} are ideal ({low:share} to {high:share}, "
            "n = {n:count}), and this tenth accounts for {worth:share} of the worth of all ({from:share} to "
            "{to:share}).",
            {
                "share": float(best["share"]),
                "low": float(best["share_low"]),
                "high": float(best["share_high"]),
                "n": int(best["base"]),
                "worth": float(best["value_share"]),
                "from": float(best["value_share_low"]),
                "to": float(best["value_share_high"]),
            },
            id=f"{chapter}.ideal.gain",
            n=int(best["base"]),
            table="ideal_gains",
            interval=(float(best["share_low"]), float(best["share_high"])),
            test=N_("Wilson interval; ratio of sums"),
            effect=max(0.0, float(best["share"]) - float(found.gains["n"].sum() / n)),
            reach=int(best["base"]),
        )
    )
    missing = gap(ideal, found)
    if missing["low"] > 0:
        said.append(
            Finding(
                "{n:count} customers of the best fitting tenth are not ideal yet. An ideal customer is worth "
                "{gap:money} more on average ({low:money} to {high:money}).",
                missing,
                id=f"{chapter}.ideal.gap",
                n=int(missing["n"]),
                table="lookalikes",
                interval=(missing["low"], missing["high"]),
                test=N_("Welch’s t interval"),
                effect=1 - float(best["share"]),
                reach=int(missing["n"]),
            )
        )
    return said


def limits(ideal: Ideal | None, found: Fit | None) -> list[Limit]:
    """What keeps the ideal customer from being described."""
    if ideal is None:
        needed = NEEDS["transactions"]
        return [Limit(N_("Who the ideal customers are: what customers are worth is not known of enough"), needs=needed)]
    if found is None:
        return [Limit(N_("What tells ideal customers: nothing describes them"), needs=NEEDS["customers"])]
    asked = CONTENT in ideal.conditions
    return [] if asked else [Limit(N_("Whether ideal customers are content"), needs=NEEDS["feedback"])]


def facts(ideal: Ideal | None, found: Fit | None) -> dict[str, int]:
    """Customers of whom it can be told, ideal ones, and those among the tenth that fits best; 0 where unknown."""
    first = None if found is None else found.gains.iloc[0]
    return {
        "ideal_base": 0 if ideal is None else int(ideal.known.sum()),
        "ideal": 0 if ideal is None else int(ideal.members.sum()),
        "ideal_in_best_tenth": 0 if first is None else int(first["n"]),
        "best_tenth": 0 if first is None else int(first["base"]),
        "ideal_profile_stands_out": int(found is not None and found.stands_out),
    }


def label(kind: str) -> Text:
    """What the ideal customer is called where customers are persons (b2c) or companies (b2b)."""
    return Text(N_("The ideal account")) if kind == "b2b" else Text(N_("The ideal customer"))


def _stays(profile: pd.DataFrame) -> pd.Series | None:
    """Who has neither left nor lapsed; of whom no rhythm is known, who ordered within a year."""
    known = outcomes(profile)
    lapsed = known["lapsed"] if "lapsed" in known else pd.Series(np.nan, profile.index)
    if "recency_days" in profile and not leaving_is_stated(profile):
        recency = profile["recency_days"].astype(float)
        lapsed = lapsed.fillna(recency.gt(A_YEAR).astype(float).mask(recency.isna()))
    return lapsed.eq(0).astype("boolean").mask(lapsed.isna()) if lapsed.notna().any() else None


def _content(profile: pd.DataFrame, feedback: pd.DataFrame) -> pd.Series | None:
    """Whose last answers are none of them low; missing where nobody asked."""
    said = latest(answers(feedback)) if len(feedback) else pd.DataFrame(columns=["customer_no", "poor"])
    poor = said.dropna(subset="customer_no").groupby("customer_no")["poor"].any()
    low = profile["customer_no"].map(poor)
    return ~low.astype("boolean") if low.notna().any() else None


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
