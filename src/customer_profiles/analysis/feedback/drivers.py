"""What goes with the score: topics, service and traits of the customers, side by side. Association, not cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...stats.comparisons import adjust, family_size
from ...stats.group_tests import kruskal, nps_difference, welch
from ...stats.importance import Moments, alone, lmg, moments
from .driver_facts import LEAST, MEMORY_DAYS, TOPIC, Candidates
from .driver_facts import candidates as candidates
from .metrics import METRICS

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
OF_TOPIC = [
    *("theme", "n", "base", "share", "score", "without", "lift", "lift_low", "lift_high", "p", "p_adjusted", "claim")
]


@dataclass(frozen=True)
class Drivers:
    """What goes with a score.

    Parameters
    ----------
    table : DataFrame
        One row per candidate, those that explain most first: ``driver, kind, value`` (the one that carries most of the
        difference)``, n`` (its answers)``, base`` (answers of which the driver is known)``, mean, mean_rest,
        difference`` with Welch interval``, net`` (the difference that remains where the other drivers are equal) and
        ``explained`` (LMG share of the score's variance), both with bootstrap intervals and missing where the candidate
        was not among the `MOST_DRIVERS``, p, p_adjusted`` (Kruskal–Wallis test over all values; all candidates are one
        family)``, effect`` (ε²)``, claim``.
    metric : str
    n : int
        Answers.
    explained, explained_low, explained_high : float
        Share of the score's variance that the drivers explain together, with bootstrap interval.
    """

    table: pd.DataFrame
    metric: str
    n: int
    explained: float
    explained_low: float
    explained_high: float


def drivers(found: Candidates, seed: int = 1, resamples: int = RESAMPLES) -> Drivers:
    """Divide what can be explained of the score between the candidates.

    A claim rests on the test of the candidate by itself, corrected over all candidates, so that the choice of the
    strongest cannot turn chance into a driver. Unknown values count as average.
    """
    table = pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "p": float})
    if len(found.score) < ENOUGH or found.values.empty or not found.score.std() > 0:
        return Drivers(table, found.metric, len(found.score), np.nan, np.nan, np.nan)
    score = found.score.to_numpy(float)
    tests = [kruskal(score, found.values[name].astype(object)) for name in found.values]
    tested = pd.DataFrame(
        {"driver": list(found.values), "p": [t.p for t in tests], "effect": [t.effect for t in tests]}
    )
    tested = adjust(tested)
    family = tested.attrs["family"]
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
    table.attrs["family"] = family
    return Drivers(table, found.metric, len(score), **_ends("explained", _honest(total)))


def levels(found: Candidates, told: Drivers) -> pd.DataFrame:
    """Every value of the drivers that were established.

    Returns
    -------
    DataFrame
        ``driver, value, n, base, mean, mean_rest, difference`` with Welch interval; drivers in the order of `told`,
        values from the lowest mean to the highest. Topics are left out: their two values are in `drivers` already.
    """
    claimed = told.table.loc[told.table["claim"].astype(bool) & (told.table["kind"] != TOPIC), "driver"]
    parts = [_levels(found.values[name], found.score).assign(driver=name).sort_values("mean") for name in claimed]
    columns = ["driver", "value", "n", "base", "mean", "mean_rest", "difference", "difference_low", "difference_high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def topic_effects(found: Candidates, seed: int = 1, resamples: int = 2000) -> pd.DataFrame:
    """The score of all answers against the score without the answers that mention a topic.

    Returns
    -------
    DataFrame
        ``theme, n`` (answers that mention it)``, base, share, score`` (of all; NPS in points, else the mean)``,
        without, lift`` (``without`` less ``score``: what the topic takes from the score or, if negative, gives it) with
        bootstrap interval``, p`` (those that mention it against the others)``, p_adjusted, claim``; largest lift first.
    """
    topics = [name for name, kind in found.kinds.items() if kind == TOPIC]
    rng, rows = np.random.default_rng(seed), []
    for name in topics:
        mentions = (found.values[name] == "yes").to_numpy()
        grid = np.unique(found.score)
        at = np.searchsorted(grid, found.score)
        counts = np.stack([np.bincount(at[side], minlength=len(grid)) for side in (~mentions, mentions)])
        drawn = rng.multinomial(len(at), counts.ravel() / len(at), size=resamples).reshape(-1, *counts.shape)
        lifts = _score_of(drawn[:, 0], grid, found.metric) - _score_of(drawn.sum(axis=1), grid, found.metric)
        without, of_all = (float(_score_of(c, grid, found.metric)) for c in (counts[0], counts.sum(axis=0)))
        low, high = np.nanquantile(lifts, [0.025, 0.975])
        row = {"theme": name, "n": int(mentions.sum()), "base": len(at), "share": mentions.mean(), "score": of_all}
        row |= {"without": without, "lift": without - of_all, "lift_low": low, "lift_high": high}
        rows.append(row | {"p": _p_of(counts, grid, found.metric)})
    table = pd.DataFrame(rows, columns=[name for name in OF_TOPIC if name not in ("p_adjusted", "claim")])
    table = adjust(table.astype({"p": float}))
    family = table.attrs["family"]
    table = table.sort_values(["lift", "theme"], ascending=[False, True], ignore_index=True)[OF_TOPIC]
    table.attrs["family"] = family
    return table


def findings(found: Drivers, chapter: str = "04", most: int = 5, min_group: int = 10) -> list[Finding]:
    """The drivers that explain most of the score, or one finding that none was found."""
    family = family_size(found.table)
    if not family:
        return []
    test = N_("Kruskal–Wallis test, Benjamini–Hochberg; LMG shares with bootstrap intervals")
    evidence = {"n": found.n, "table": "drivers", "test": test, "family": family}
    claims = found.table.loc[found.table["claim"].astype(bool)]
    if claims.empty:
        message = N_(
            "{metric:label}: nothing that the data know goes with the score by more than chance, out of {family:count} "
            "candidates."
        )
        values = {"metric": found.metric, "family": family}
        return [Finding(message, values, id=f"{chapter}.drivers.nothing", kind="nothing", **evidence)]
    message = N_(
        "{metric:label}: all that the data know explains {explained:share} of the differences between answers "
        "({low:share} to {high:share}, n = {n:count}). This is association and no proof of a cause: what goes with "
        "a low score need not bring it about."
    )
    low, high = found.explained_low, found.explained_high
    values = {"metric": found.metric, "explained": found.explained, "low": low, "high": high, "n": found.n}
    together = Finding(message, values, id=f"{chapter}.drivers.together", interval=(low, high), **evidence)
    named = claims.dropna(subset=["difference_low", "explained"])
    named = named.loc[np.minimum(named["n"], named["base"] - named["n"]) >= min_group].head(most)
    return [together, *(_claim(row, found, chapter, evidence) for row in named.itertuples())]


def topic_findings(
    table: pd.DataFrame, metric: str, chapter: str = "04", most: int = 3, min_group: int = 10
) -> list[Finding]:
    """What the score would be without the answers that mention a topic, from `topic_effects`."""
    family = family_size(table) if len(table) else 0
    large = np.minimum(table["n"], table["base"] - table["n"]) >= min_group
    claims = table.loc[table["claim"].astype(bool) & (table["lift"] > 0) & large].head(most) if family else table[:0]
    points = N_(
        "Without the answers that mention “{theme:label}” (n = {n:count}) the Net Promoter Score would be "
        "{without:points} instead of {score:points} (difference {low:number} to {high:number})."
    )
    means = N_(
        "{metric:label}: without the answers that mention “{theme:label}” (n = {n:count}) the average would be "
        "{without:number} instead of {score:number} (difference {low:number} to {high:number})."
    )
    found = []
    for row in claims.itertuples():
        values = {"theme": row.theme, "n": int(row.n), "without": float(row.without), "score": float(row.score)}
        values |= {"low": float(row.lift_low), "high": float(row.lift_high)}
        scale = 200 if metric == "nps" else METRICS[metric].high - METRICS[metric].low
        found.append(
            Finding(
                points if metric == "nps" else means,
                values if metric == "nps" else values | {"metric": metric},
                id=f"{chapter}.topic.{row.theme}",
                n=int(row.base),
                table="topic_effects",
                interval=(values["low"], values["high"]),
                test=N_("bootstrap interval; z or Welch's t test, Benjamini–Hochberg"),
                p_adjusted=float(row.p_adjusted),
                family=family,
                effect=min(float(row.lift) / scale, 1.0),
                reach=int(row.base),
                kind="difference",
            )
        )
    return found


def limits(found: Drivers) -> list[Limit]:
    """Too few answers to look for drivers."""
    if len(found.table):
        return []
    message = N_("What goes with the score cannot be said: {n:count} answers, {needed:count} are needed.")
    return [Limit(message, {"n": found.n, "needed": ENOUGH}, needs=NEEDS["feedback"])]


def how() -> list[Text]:
    """What a reader of the table has to know."""
    return [
        Text(
            N_(
                "Candidates are the topics of the comments, what is known of the last ticket and the last order in the "
                "{days:count} days up to the answer, and the traits of the customers. The {most:count} that explain "
                "most by themselves share what all of them explain; the choice is made anew in each of "
                "{resamples:count} resamples, so that the intervals know of it."
            ),
            {"days": MEMORY_DAYS, "most": MOST_DRIVERS, "resamples": RESAMPLES},
        )
    ]


class _Columns:
    """One column of 0 and 1 for each value of each candidate but its most frequent, centred; unknown is average."""

    def __init__(self, values: pd.DataFrame):
        parts, groups = [], []
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


def _score_of(counts: np.ndarray, grid: np.ndarray, metric: str) -> np.ndarray:
    """NPS in points, or mean, from counts by answer in the last dimension."""
    n = counts.sum(axis=-1)
    worth = grid
    if metric == "nps":
        worth = 100.0 * ((grid >= METRICS["nps"].good).astype(float) - (grid <= METRICS["nps"].poor))
    return (counts @ worth) / np.where(n > 0, n, np.nan)


def _p_of(counts: np.ndarray, grid: np.ndarray, metric: str) -> float:
    """Test of the answers that mention a topic against the others."""
    n = counts.sum(axis=1).astype(float)
    if n.min() < LEAST:
        return np.nan
    if metric == "nps":
        good, poor = grid >= METRICS["nps"].good, grid <= METRICS["nps"].poor
        parts = [[c[good].sum(), c[~good & ~poor].sum(), c[poor].sum()] for c in counts]
        return float(nps_difference(*parts).p)
    mean = counts @ grid / n
    spread = np.sqrt((counts @ grid**2 - n * mean**2).clip(min=0) / (n - 1))
    return float(welch(mean[1], spread[1], n[1], mean[0], spread[0], n[0]).p)


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


def _claim(row: object, found: Drivers, chapter: str, evidence: dict) -> Finding:
    lower = row.difference < 0
    topic = row.kind == TOPIC
    messages = {
        (True, True): N_(
            "{metric:label}: answers that mention “{driver:label}” are lower by {size:number} on average "
            "({low:number} to {high:number}, n = {n:count}); the topic goes with {explained:share} of all differences "
            "between answers "
            "({from:share} to {to:share})."
        ),
        (True, False): N_(
            "{metric:label}: answers that mention “{driver:label}” are higher by {size:number} on average "
            "({low:number} to {high:number}, n = {n:count}); the topic goes with {explained:share} of all differences "
            "between answers "
            "({from:share} to {to:share})."
        ),
        (False, True): N_(
            "{metric:label}: {driver:label} “{value:label}” goes with answers lower by {size:number} on average "
            "({low:number} to {high:number}, n = {n:count}); {driver:label} goes with {explained:share} of all "
            "differences between answers ({from:share} to {to:share})."
        ),
        (False, False): N_(
            "{metric:label}: {driver:label} “{value:label}” goes with answers higher by {size:number} on average "
            "({low:number} to {high:number}, n = {n:count}); {driver:label} goes with {explained:share} of all "
            "differences between answers ({from:share} to {to:share})."
        ),
    }
    sign = -1 if lower else 1
    low, high = sorted((sign * float(row.difference_low), sign * float(row.difference_high)))
    values = {"metric": found.metric, "driver": row.driver, "n": int(row.n), "size": abs(float(row.difference))}
    values |= {"low": low, "high": high, "explained": float(row.explained)}
    values |= {"from": float(row.explained_low), "to": float(row.explained_high)}
    return Finding(
        messages[topic, bool(lower)],
        values if topic else values | {"value": row.value},
        id=f"{chapter}.driver.{row.driver}",
        interval=(float(row.difference_low), float(row.difference_high)),
        p_adjusted=float(row.p_adjusted),
        effect=min(float(row.explained) ** 0.5, 1.0),
        reach=int(row.n),
        kind="difference",
        **evidence,
    )
