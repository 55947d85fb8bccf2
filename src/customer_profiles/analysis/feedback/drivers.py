"""What goes with the score: topics, service and traits of the customers, side by side. Association, not cause."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims, fact
from ...stats.comparisons import corrected
from ...stats.effect_sizes import from_explained
from ...stats.group_tests import kruskal, welch
from ...stats.importance import Moments, alone, lmg, moments
from .driver_facts import MEMORY_DAYS, TOPIC, Candidates
from .driver_facts import candidates as candidates

ENOUGH = 100
"""Answers from which drivers are looked for: Green (1991), Multivariate Behavioral Research 26:499–510, asks for
50 + 8 times the number of predictors; fewer answers cannot tell a handful of drivers apart."""

MOST_DRIVERS = 8
"""Candidates that share the explained part among them: those that explain most by themselves."""

RESAMPLES = 200
"""Resamples behind each interval; the choice of `MOST_DRIVERS` is made anew in each of them."""

INFLATION = 10
"""Drivers that nearly say the same cannot be held equal: from this variance inflation on, no net difference is told
(Marquardt 1970, Technometrics 12:591–612)."""

COLUMNS = [
    *("driver", "kind", "value", "n", "base", "mean", "mean_rest", "difference", "difference_low", "difference_high"),
    *("net", "net_low", "net_high", "explained", "explained_low", "explained_high", "p", "p_adjusted", "effect"),
    "claim",
]
LEVELS = ["driver", "value", "n", "base", "mean", "mean_rest", "difference", "difference_low", "difference_high"]


def drivers(found: Candidates, seed: int = 1, resamples: int = RESAMPLES) -> Result:
    """Divide what can be explained of the score between the candidates.

    A claim rests on the test of the candidate by itself, corrected over all candidates, so that the choice of the
    strongest cannot turn chance into a driver. Unknown values count as average.

    Returns
    -------
    Result
        One row per candidate, those that explain most first: ``driver, kind, value`` (the one that carries most of the
        difference)``, n`` (its answers)``, base`` (answers of which the driver is known)``, mean, mean_rest,
        difference`` with Welch interval``, net`` (the difference that remains where the other drivers are equal) and
        ``explained`` (LMG share of the score's variance), both with bootstrap intervals and missing where the candidate
        was not among the `MOST_DRIVERS``, p, p_adjusted`` (Kruskal–Wallis test over all values; all candidates are one
        family)``, effect`` (ε²)``, claim``. Empty where fewer than `ENOUGH` have answered.
    """
    nothing = Result(
        "drivers",
        pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "p": float}),
        Text(N_("What goes with the score: {metric:label}"), {"metric": found.metric}),
        OVERLAPPING,
        about=Text(
            N_("Share of the differences between {n:count} answers that goes with each driver."),
            {"n": len(found.score)},
        ),
        note=how(),
        needs="feedback",
    )
    if len(found.score) < ENOUGH or found.values.empty or not found.score.std() > 0:
        return nothing
    score = found.score.to_numpy(float)
    tests = [kruskal(score, found.values[name].astype(object)) for name in found.values]
    tested, family = corrected([{"p": test.p, "effect": test.effect} for test in tests])
    columns = _Columns(found.values)
    chosen, shares, nets, total = _resampled(columns, score, seed, resamples)
    rows = []
    for at, (name, test) in enumerate(zip(found.values, tested.itertuples(), strict=True)):
        levels = _levels(found.values[name], found.score)
        # Of several values that lower the score the one that carries most; of two values the rarer.
        lower = levels if len(levels) == 2 else levels.loc[levels["difference"] < 0]
        top = lower.loc[lower["weight"].idxmax()]
        row = {"driver": name, "kind": found.kinds[name], "p": test.p, "p_adjusted": test.p_adjusted}
        row |= {"effect": test.effect, "claim": test.claim}
        row |= {key: top[key] for key in ("value", "n", "base", "mean", "mean_rest")}
        row |= {key: top[key] for key in ("difference", "difference_low", "difference_high")}
        if at in chosen:
            net = nets[columns.place[at, top["value"]]]
            row |= _ends("explained", _honest(shares[at])) | (_ends("net", net) if np.isfinite(net[0]) else {})
        rows.append(row)
    table = pd.DataFrame(rows, columns=COLUMNS)
    table = table.sort_values(
        ["explained", "effect", "driver"], ascending=[False, False, True], na_position="last", ignore_index=True
    )
    told = _ends("explained", _honest(total)) | {"metric": found.metric, "n": len(score)}
    return replace(nothing, frame=table, claims=partial(_claims, told=told, family=family), family=family)


def levels(found: Candidates, told: pd.DataFrame) -> Result:
    """Every value of the drivers that were established.

    Parameters
    ----------
    found : Candidates
    told : DataFrame
        Frame of `drivers`.

    Returns
    -------
    Result
        ``driver, value, n, base, mean, mean_rest, difference`` with Welch interval; drivers in the order of `told`,
        values from the lowest mean to the highest. Topics are left out: their two values are in `drivers` already.
    """
    claimed = told.loc[told["claim"].astype(bool) & (told["kind"] != TOPIC), "driver"]
    parts = [_levels(found.values[name], found.score).assign(driver=name).sort_values("mean") for name in claimed]
    title = Text(N_("Every value of the established drivers"))
    if len(claimed) == 1:
        title = Text(N_("Every value of the established driver “{driver:label}”"), {"driver": claimed.iloc[0]})
    table = pd.concat(parts, ignore_index=True)[LEVELS] if parts else pd.DataFrame(columns=LEVELS)
    return Result("driver_values", table, title, Disclosure(within=("driver",)), needs="feedback")


def limits(found: Candidates, told: Result) -> list[Limit]:
    """Too few answers to look for drivers; nothing where there are none at all."""
    if len(told) or not len(found.score):
        return []
    message = N_("What goes with the score cannot be said: {n:count} answers, {needed:count} are needed.")
    return [Limit(message, {"n": len(found.score), "needed": ENOUGH}, needs=NEEDS["feedback"])]


def how() -> Text:
    """What a reader of the table has to know."""
    return Text(
        N_(
            "Candidates are the topics of the comments, what is known of the last ticket and the last order in the "
            "{days:count} days up to the answer, and the traits of the customers. The {most:count} that explain "
            "most by themselves share what all of them explain; the choice is made anew in each of "
            "{resamples:count} resamples, so that the intervals know of it."
        ),
        {"days": MEMORY_DAYS, "most": MOST_DRIVERS, "resamples": RESAMPLES},
    )


def _claims(table: pd.DataFrame, told: dict, family: int) -> list[Finding]:
    """The drivers that explain most, and how much is explained together; or one finding that none was found."""
    metric, n = told["metric"], told["n"]
    driver = replace(DRIVER, values=DRIVER.values | {"metric": lambda row: metric}, test=TOGETHER.test, n=lambda row: n)
    claims = table.loc[table["claim"].astype(bool)]
    if claims.empty:
        return [replace(found, values=found.values | {"metric": metric}, n=n) for found in driver.tell(table, family)]
    named = claims.dropna(subset=["difference_low", "explained"])
    together = TOGETHER.one(pd.Series(told))
    return [*driver.tell(table, family, named), replace(together, family=family)]


TOGETHER = fact(
    "drivers.together",
    N_(
        "{metric:label}: all that is known together explains {explained:share} of the differences between answers "
        "({low:share} to {high:share}, n = {n:count}). This is association and no proof of a cause: what goes with "
        "a low score need not bring it about."
    ),
    test=N_("Kruskal–Wallis test, Benjamini–Hochberg; LMG shares with bootstrap intervals"),
    estimate="explained",
    n="n",
)
_MENTIONED = {
    True: N_(
        "Customers who mention “{driver:label}” answer {size:number} points lower on average for “{metric:label}” "
        "({low:number} to {high:number}, n = {n:count}; the topic goes with {explained:share} of all differences "
        "between answers, {from:share} to {to:share})."
    ),
    False: N_(
        "Customers who mention “{driver:label}” answer {size:number} points higher on average for “{metric:label}” "
        "({low:number} to {high:number}, n = {n:count}; the topic goes with {explained:share} of all differences "
        "between answers, {from:share} to {to:share})."
    ),
}
_VALUED = {
    True: N_(
        "{driver/value:group} answer {size:number} points lower on average for “{metric:label}” "
        "({low:number} to {high:number}, n = {n:count}; {driver:label} goes with {explained:share} of all "
        "differences between answers, {from:share} to {to:share})."
    ),
    False: N_(
        "{driver/value:group} answer {size:number} points higher on average for “{metric:label}” "
        "({low:number} to {high:number}, n = {n:count}; {driver:label} goes with {explained:share} of all "
        "differences between answers, {from:share} to {to:share})."
    ),
}
DRIVER = Claims(
    "drivers",
    lambda row: (_MENTIONED if row.kind == TOPIC else _VALUED)[row.difference < 0],
    {
        **{name: name for name in ("driver", "value")},  # of which comments fit
        "tone": lambda row: "negative" if row.difference < 0 else "positive",
        "from": "explained_low",
        "to": "explained_high",
    },
    sized="size",
    key=("driver",),
    nothing=N_(
        "{metric:label}: nothing that is known goes with the score by more than chance, out of {family:count} "
        "candidates."
    ),
    estimate="difference",
    effect=lambda row: from_explained(row.explained),
    most=5,
)


class _Columns:
    """One column of 0 and 1 for each value of each candidate but its most frequent, centred; unknown is average."""

    def __init__(self, values: pd.DataFrame):
        parts: list[np.ndarray] = []
        groups: list[int] = []
        self.place: dict[tuple[int, str], int] = {}
        self.first: dict[int, tuple[int, float]] = {}
        for at, name in enumerate(values):
            known = values[name].notna().to_numpy()
            counts = values[name].value_counts(sort=False)
            order = sorted(counts.index, key=lambda value: (-counts[value], value))
            self.first[at] = (-1 - at, float(counts[order[0]] / len(values)))
            self.place[at, order[0]] = -1 - at
            for value in order[1:]:
                column = (values[name] == value).fillna(False).to_numpy(bool).astype(float)
                self.place[at, value] = len(parts)
                parts.append(np.where(known, column - column[known].mean(), 0.0))
                groups.append(at)
        self.x, self.groups = np.column_stack(parts), np.array(groups)
        self.shares = (self.x > 0).mean(axis=0)


def _resampled(columns: _Columns, score: np.ndarray, seed: int, resamples: int):
    """Chosen candidates, and draws of shares and net differences in their columns; the first is no resample."""
    from threadpoolctl import threadpool_limits

    n, size = len(score), int(columns.groups.max()) + 1
    rng = np.random.default_rng(seed)
    shares = np.zeros((resamples + 1, size))
    chosen = np.zeros(0, dtype=int)
    # The most frequent value of each candidate has its place at the end, counted from there.
    nets = np.full((resamples + 1, len(columns.groups) + size), np.nan)
    total = np.zeros(resamples + 1)
    with threadpool_limits(1):
        for draw in range(resamples + 1):
            weights = None if not draw else np.bincount(rng.integers(0, n, n), minlength=n).astype(float)
            found = moments(columns.x, score, columns.groups, weights)
            order = np.lexsort((np.arange(size), -alone(found, n).round(12)))
            picked = np.sort(order[:MOST_DRIVERS])
            shares[draw, picked] = lmg(found, picked)
            total[draw] = shares[draw].sum()
            if not draw:
                chosen = picked
            nets[draw] = _net(found, columns, score, weights, chosen)
    return set(chosen.tolist()), shares.T, nets.T, total


def _net(found: Moments, columns: _Columns, score: np.ndarray, weights, chosen: np.ndarray) -> np.ndarray:
    """Difference of each value from all other values of its driver where the other chosen drivers are equal."""
    result = np.full(len(columns.groups) + int(columns.groups.max()) + 1, np.nan)
    weights = np.ones(len(score)) if weights is None else weights
    used = np.flatnonzero(np.isin(found.groups, chosen))
    both = np.column_stack([columns.x[:, used], score])
    spread = np.sqrt(weights @ (both - weights @ both / weights.sum()) ** 2 / weights.sum())
    inverse = np.linalg.inv(found.inner[np.ix_(used, used)] + 1e-6 * np.eye(len(used)))
    slopes = inverse @ found.outer[used] * spread[-1] / np.where(spread[:-1] > 0, spread[:-1], np.inf)
    for group in chosen:
        mine = np.flatnonzero(found.groups[used] == group)
        if np.diag(inverse)[mine].max() > INFLATION:
            continue
        first, of_first = columns.first[group]
        share = columns.shares[used[mine]]
        mean = share @ slopes[mine] / (share.sum() + of_first)
        result[used[mine]] = (slopes[mine] - mean) / np.maximum(1 - share / (share.sum() + of_first), 1e-9)
        result[first] = -mean / max(1 - of_first / (share.sum() + of_first), 1e-9)
    return result


def _levels(values: pd.Series, score: pd.Series) -> pd.DataFrame:
    """Each value of a driver against its other values; ``weight`` says how much of the spread it carries."""
    known = values.notna()
    score, values = score[known], values[known]
    table = score.groupby(values, sort=True).agg(n="size", mean="mean", sd="std").reset_index(names="value")
    total, squares, base = score.sum(), (score**2).sum(), len(score)
    rest = base - table["n"]
    table["mean_rest"] = (total - table["n"] * table["mean"]) / rest
    own = table["sd"].fillna(0) ** 2 * (table["n"] - 1) + table["n"] * table["mean"] ** 2
    spread = (squares - own - rest * table["mean_rest"] ** 2).clip(lower=0) / (rest - 1).where(rest > 1)
    test = welch(table["mean"], table["sd"].fillna(0), table["n"], table["mean_rest"], np.sqrt(spread), rest)
    table["difference"], table["difference_low"], table["difference_high"] = test.value, test.low, test.high
    # Of two mirror images the rarer one is named: "yes" of what happens to few.
    table["weight"] = (table["difference"] ** 2 * table["n"] * rest / base**2).round(12) + 1e-9 * rest / base
    return table.assign(base=base)


def _honest(draws: np.ndarray) -> np.ndarray:
    """Shares less what fitting and choosing make of chance.

    A regression explains some of what is chance, and the more so in a resample: by as much as the resamples lie above
    the estimate, the estimate lies above the truth (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 10).
    """
    excess = max(float(draws[1:].mean() - draws[0]), 0.0)
    return np.clip(np.concatenate([draws[:1] - excess, draws[1:] - 2 * excess]), 0, 1)


def _ends(name: str, draws: np.ndarray) -> dict[str, float]:
    low, high = np.nanquantile(draws[1:], [0.025, 0.975])
    return {name: float(draws[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
