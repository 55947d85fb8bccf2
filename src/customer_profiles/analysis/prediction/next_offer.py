"""The next offer: which item a customer is most likely to buy, tried on what was bought later.

What customers buy again and what is new to them are two questions. Each is answered first the simple way: what they
bought most often so far, and what most customers bought lately. Two ways that learn from other customers are used only
where they did certainly better than the best of these.

References
----------
Ji, Sun, Zhang & Li (2023), A critical study on data leakage in recommender system offline evaluation, ACM TOIS 41:75,
on cutting all customers at one day; Sarwar et al. (2001), Item-based collaborative filtering, WWW 10:285.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from ...messages import N_, Finding, Limit, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import shown
from .purchases import MOST, Purchases, drawn

AGAIN, NEW = N_("bought before"), N_("never bought before")
CHANCE, OWN = N_("at random"), N_("what they bought most often")
SELLERS, EVER = N_("recent best-sellers"), N_("best-sellers of all time")
ALIKE = N_("what customers with the same purchases bought")
WAYS = {AGAIN: (CHANCE, SELLERS, OWN, ALIKE), NEW: (CHANCE, SELLERS, EVER, ALIKE)}
"""Ways to choose an offer; the last one learns from other customers."""
LISTS = (1, 5, 10)
"""Offers made to a customer at a time."""
ENOUGH = 4
"""Times the offers of a list that there must be items to choose from: five of eight are no choice."""
MIN_TRIED = 100
"""Customers without whom nothing is tried."""
RESAMPLES = 500
COLUMNS = [
    *("bought", "way", "listed", "n", "share", "share_low", "share_high", "difference", "difference_low"),
    *("difference_high", "certainly_better"),
]


@dataclass(frozen=True)
class Learnt:
    """What other customers tell of an item.

    Parameters
    ----------
    lately, ever : ndarray, shape (items,)
        Share of the customers who bought each in the last period, and at any time.
    alike : ndarray, shape (items, items)
        Cosine of who bought both; an item tells nothing of itself.
    """

    lately: np.ndarray
    ever: np.ndarray
    alike: np.ndarray


def learn(bought: Purchases, until: int) -> Learnt:
    """Learn from what was known at the end of a window, see `purchases.WINDOWS`; nothing after it is looked at."""
    recent, owned = bought.active(until), bought.owned(until)
    had = _yes(drawn(recent).owned(until)).toarray()
    both = had.T @ had
    size = np.sqrt(np.maximum(np.diag(both), 1))
    np.fill_diagonal(both, 0)
    return Learnt(_buyers(recent.days[until]), _buyers(owned), both / np.outer(size, size))


def tried(bought: Purchases, seed: int = 1) -> Result:
    """How many of the offers would have been bought, by each way, in the last period.

    Learnt and chosen is from what was known before that period, of customers who had bought anything in the period
    before it. Where there are more than `MOST` a part of them is drawn.

    Parameters
    ----------
    bought : Purchases
    seed : int

    Returns
    -------
    Result
        ``bought`` (`AGAIN`, `NEW`)``, way, listed`` (offers made)``, n`` (customers)``, share`` (of the offers that
        were bought) with interval``, difference`` to the best simple way in percentage points, with interval, and
        ``certainly_better``: whether it is certainly so.
    """
    title = Text(N_("Next offers that would have been bought"))
    result = Result("offer_quality", pd.DataFrame(columns=COLUMNS), title, OVERLAPPING)
    asked = bought.active(1) if bought.known else bought
    if not bought.known or len(asked.customers) < MIN_TRIED:
        return result
    learnt, rng, asked = learn(bought, 1), np.random.default_rng(seed), drawn(asked)
    owned, came = asked.owned(1), _yes(asked.days[2]).toarray() > 0
    lists = [listed for listed in LISTS if listed * ENOUGH <= len(bought.items)] or [LISTS[0]]
    rows = []
    for kind, ways in WAYS.items():
        may = candidates(owned, asked.once, kind)
        some = may.any(axis=1)
        if some.sum() < MIN_TRIED:
            continue
        hits = {way: _hits(way, owned[some], learnt, may[some], came[some], lists[-1]) for way in ways}
        weights = rng.multinomial(some.sum(), np.full(some.sum(), 1 / some.sum()), RESAMPLES) / some.sum()
        made = may[some].sum(axis=1)
        rows += [row | {"bought": kind} for listed in lists for row in _compared(hits, made, listed, weights)]
    words = {"n": len(asked.customers), "days": bought.period}
    several = N_("Share of the first five offers that were bought within {days:count} days, {n:count} customers.")
    one = N_("Share of first offers that were bought within {days:count} days, {n:count} customers.")
    k = deciding(rows)
    return Result(
        "offer_quality",
        pd.DataFrame(rows, columns=COLUMNS),
        title,
        OVERLAPPING,
        lambda frame: _found(frame, k, bought.period),
        about=Text(one if k == LISTS[0] else several, words),
        note=Text(
            N_(
                "Chosen from what was known {days:count} days before the end of the records, for customers who had "
                "bought anything in as many days before. A way that learns from other customers is used only where it "
                "is certainly better than the best simple one."
            ),
            words,
        ),
    )


def deciding(rows: Any) -> int:
    """Length of the list that decides which way is used: five offers, or one where there is little to choose from."""
    listed = pd.DataFrame(rows, columns=COLUMNS)["listed"]
    return LISTS[1] if listed.eq(LISTS[1]).any() else LISTS[0]


def chosen(measured: Result) -> dict[str, str]:
    """The way that is used for what was bought before, and for what was not: see `tried`."""
    ways = {}
    for kind, rows in _decisive(measured.frame).groupby("bought", sort=False):
        better = rows[rows["certainly_better"].astype(bool)]
        rows = better if len(better) else rows[~rows["way"].isin([ALIKE, CHANCE])]
        ways[str(kind)] = str(rows.loc[rows["share"].idxmax(), "way"])
    return ways


def customers(bought: Purchases, ways: dict[str, str]) -> pd.DataFrame:
    """The next offer for each buyer, from all that is known now.

    Parameters
    ----------
    bought : Purchases
    ways : dict of str to str
        From `chosen`.

    Returns
    -------
    DataFrame
        By ``customer_no``: ``next_offer`` (new to them)``, next_offer_reason`` (the way)``, next_offer_after`` (the
        item they have that speaks for it most, where other customers tell)``, next_repeat`` (what they are most likely
        to buy again). Missing where nothing may be offered.
    """
    columns = ["next_offer", "next_offer_reason", "next_offer_after", "next_repeat"]
    table = pd.DataFrame(index=pd.Index(bought.customers, name="customer_no"), columns=columns, dtype="str")
    if not ways:
        return table.head(0)
    learnt = learn(bought, 2)
    for start in range(0, len(bought.customers), MOST):
        part = bought.of(np.arange(start, min(start + MOST, len(bought.customers))))
        owned = part.owned(2)
        for kind, way in ways.items():
            may = candidates(owned, part.once, kind)
            some = np.flatnonzero(may.any(axis=1))
            best = _first(scores(way, owned[some], learnt), may[some], 1)[:, 0]
            who = part.customers[some]
            if kind == AGAIN:
                table.loc[who, "next_repeat"] = bought.items[best]
                continue
            table.loc[who, "next_offer"], table.loc[who, "next_offer_reason"] = bought.items[best], way
            if way == ALIKE:
                told = np.where(owned[some].toarray() > 0, learnt.alike[:, best].T, -1)
                table.loc[who, "next_offer_after"] = bought.items[told.argmax(axis=1)]
    return table


def offered(given: pd.DataFrame) -> Result:
    """What is offered now to how many customers: ``offer, n, base, share``, the most frequent first."""
    counts = given["next_offer"].value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    table = pd.DataFrame({"offer": counts.index.astype(str), "n": counts.to_numpy(), "base": int(counts.sum())})
    return Result(
        "next_offers",
        table.assign(share=table["n"] / table["base"].clip(lower=1)),
        Text(N_("What is offered next, of what is new to them")),
        about=Text(N_("Share of {n:count} customers."), {"n": int(counts.sum())}),
    )


def limits(measured: Result) -> list[Limit]:
    """The next offer, where nothing could be tried."""
    if len(measured.frame):
        return []
    return [Limit(N_("The next offer"), needs=N_("order lines with a category or product, over several months"))]


def scores(way: str, owned: csr_matrix, learnt: Learnt) -> np.ndarray:
    """How much speaks for each item, shape (customers, items); what is level is decided by the recent best-sellers."""
    level = 1e-6 * learnt.lately
    if way in (SELLERS, EVER):
        return np.broadcast_to(learnt.lately if way == SELLERS else learnt.ever, owned.shape)
    if way == OWN:
        return owned.toarray() + level
    return _yes(owned) @ learnt.alike + level


def candidates(owned: csr_matrix, once: np.ndarray, kind: str) -> np.ndarray:
    """What may be offered to each customer, of what they bought before or of what they did not."""
    has = owned.toarray() > 0
    return has & ~once if kind == AGAIN else ~has


def _hits(way: str, owned: csr_matrix, learnt: Learnt, may: np.ndarray, came: np.ndarray, longest: int) -> np.ndarray:
    """Whether each offer of a list was bought, shape (customers, longest); at random: the chance of it."""
    if way == CHANCE:
        chance = (may & came).sum(axis=1) / may.sum(axis=1)
        return np.repeat(chance[:, None], longest, axis=1)
    first = _first(scores(way, owned, learnt), may, longest)
    return np.take_along_axis(may & came, first, axis=1).astype(float)


def _first(score: np.ndarray, may: np.ndarray, longest: int) -> np.ndarray:
    """Places of the items for which most speaks, in order."""
    score = np.where(may, score, -np.inf)
    top = np.argpartition(-score, min(longest, score.shape[1] - 1), axis=1)[:, :longest]
    top.sort(axis=1)  # of equals the one that more customers bought
    order = np.argsort(-np.take_along_axis(score, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1)


def _compared(hits: dict[str, np.ndarray], made: np.ndarray, listed: int, weights: np.ndarray) -> list[dict[str, Any]]:
    """The rows of a list of one length; who has fewer items to choose from is offered fewer."""
    real = np.arange(listed) < made[:, None]
    shares = np.column_stack(
        [np.where(real, each[:, :listed], 0).sum(axis=1) / np.minimum(made, listed) for each in hits.values()]
    )
    ways, means, again = list(hits), shares.mean(axis=0), weights @ shares
    simple = [place for place, way in enumerate(ways) if way not in (ALIKE, CHANCE)]
    best = max(simple, key=lambda place: means[place])
    apart, further = 100 * (means - means[best]), 100 * (again - again[:, [best]])
    rows = []
    for place, way in enumerate(ways):
        low, high = np.quantile(again[:, place], [0.025, 0.975])
        row = {"way": way, "listed": listed, "n": len(made), "share": means[place], "share_low": low}
        row |= {"share_high": high, "certainly_better": False}
        if way == ALIKE:
            low, high = np.quantile(further[:, place], [0.025, 0.975])
            row |= {
                "difference": apart[place],
                "difference_low": low,
                "difference_high": high,
                "certainly_better": low > 0,
            }
        rows.append(row)
    return rows


def _decisive(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["listed"] == deciding(table)]


BETTER = {
    AGAIN: N_(
        "Offer again what customers with the same purchases bought: {share:part} of such offers were bought within "
        "{days:count} days, of the best simple ones {rest:part}."
    ),
    NEW: N_(
        "For something new, offer what customers with the same purchases bought: {share:part} of such offers were "
        "bought within {days:count} days, of best-sellers {rest:part}."
    ),
}
SIMPLE = {
    (AGAIN, OWN): N_(
        "Offer again what they bought most often: {share:part} of such offers were bought within {days:count} days."
    ),
    (AGAIN, SELLERS): N_(
        "Offer again what sells best lately: {share:part} of such offers were bought within {days:count} days."
    ),
    (NEW, SELLERS): N_(
        "For something new, nothing does better than the recent best-sellers: {share:part} of such offers were bought "
        "within {days:count} days."
    ),
    (NEW, EVER): N_(
        "For something new, nothing does better than the best-sellers of all time: {share:part} of such offers were "
        "bought within {days:count} days."
    ),
}


def _found(table: pd.DataFrame, listed: int, days: int) -> list[Finding]:
    """What is to be offered of each kind, the simple way where nothing is better."""
    told = []
    for kind, way in chosen(Result("", table, Text(""))).items():
        learns, rows = way == ALIKE, shown(table[(table["bought"] == kind) & (table["listed"] == listed)])
        for row in rows[rows["way"] == way].itertuples():
            apart = float(row.difference) / 100 if learns else 0.0
            told.append(
                Finding(
                    BETTER[kind] if learns else SIMPLE[kind, way],
                    {"share": float(row.share), "rest": float(row.share) - apart, "days": days},
                    id=f"offers.{'again' if kind == AGAIN else 'new'}",
                    n=int(row.n),
                    interval=(float(row.share_low), float(row.share_high)),
                    test=N_("bootstrap over customers"),
                    effect=apart,
                    reach=int(row.n),
                )
            )
    return told


def _buyers(days: csr_matrix) -> np.ndarray:
    """Share of the customers who bought each item."""
    return np.asarray(_yes(days).mean(axis=0)).ravel()


def _yes(days: csr_matrix) -> csr_matrix:
    """1 where something was bought at all."""
    return (days > 0).astype(float)
