"""How much each kind of touch goes with orders: what would be lost if the ways that lead over it ended there.

Ways of customers are read as a Markov chain from the first touch to an order or to none. The removal effect of a touch
is the share of the orders that the chain would lose without it (Anderl, Becker, von Wangenheim & Schumann 2016,
International Journal of Research in Marketing 33:457–474). It is an association: customers who buy anyway also visit.
The shares of the orders that began with a touch, and that followed on one, stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims, shown
from ...stats.intervals import CONFIDENCE
from .paths import ORDER

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LOOKBACK_DAYS = 30
"""Days after which a touch without a further one, or without an order, is the end of a way: the usual look-back of web
analytics."""

MIN_ORDERS = 100
"""Ways ending with an order below which nothing is said."""

COLUMNS = [
    *("touch", "n", "base", "times", "touch_share", "first_share", "last_share"),
    *("removal", "removal_low", "removal_high", "contribution", "contribution_low", "contribution_high"),
]
DAYS_A_MONTH = 365.25 / 12

_CHUNK = 20  # resamples at a time: with 100,000 customers 16 MB of weights


@dataclass(frozen=True)
class Chain:
    """The ways of customers as moves from touch to touch; empty where there are too few.

    Parameters
    ----------
    touches : list of str
        Kinds of touches, the most frequent first.
    moves : scipy.sparse.csr_matrix of int, shape (customers, states²)
        How often each customer made each move; states are the start, an order, no order, and the touches.
    customers : array of int, shape (touches,)
        How many customers had each touch.
    first, last : array of int, shape (touches,)
        Ways that ended with an order and began with each touch, and those on whose last touch it followed.
    days : int
        From the first touch to the last.
    """

    touches: list[str]
    moves: csr_matrix | None
    customers: np.ndarray
    first: np.ndarray
    last: np.ndarray
    days: int = 0

    @property
    def orders(self) -> int:
        """Ways that ended with an order."""
        return int(self.last.sum())

    def __len__(self) -> int:
        return 0 if self.moves is None else self.moves.shape[0]


def chain(events: pd.DataFrame, as_of: date) -> Chain:
    """The moves of customers over visits, contacts and offers taken up to an order or to none.

    Parameters
    ----------
    events : DataFrame
        ``customer_no, at, what``; `ORDER` ends a way.
    as_of : date
        Day of the run: a way that may still lead to an order is left out.

    Returns
    -------
    Chain
        Empty with fewer than two kinds of touches, or fewer than `MIN_ORDERS` ways that ended with an order.
    """
    from scipy import sparse

    last = (events["what"] == ORDER).astype(int)  # of two things at the same minute, the order is the end of the way
    events = events.assign(last=last).sort_values(["customer_no", "at", "last", "what"], kind="stable")
    names = events.loc[events["what"] != ORDER, "what"].value_counts()
    touches, none = (
        sorted(names.index, key=lambda name: (-names[name], name)),
        Chain([], None, *(np.zeros((3, 0), int))),
    )
    if len(touches) < 2:
        return none
    customer, place = pd.factorize(events["customer_no"])[0], {name: at + 3 for at, name in enumerate(touches)}
    state = events["what"].map(place).fillna(1).to_numpy(int)  # 0 start, 1 order, 2 no order, then touches
    at = events["at"].to_numpy()
    span = np.timedelta64(LOOKBACK_DAYS, "D")
    same = np.r_[customer[1:] == customer[:-1], False]
    soon = np.r_[at[1:] - at[:-1] <= span, False]
    end = np.datetime64(pd.Timestamp(as_of) + pd.Timedelta(days=1))
    touch = state >= 3
    onward = touch & same & soon
    over = touch & ~onward & (same | (end - at > span))
    begins = touch & ~np.r_[False, onward[:-1]]
    following = np.r_[state[1:], 0]
    size = len(touches) + 3
    who = np.concatenate([customer[begins], customer[onward], customer[over]])
    source = np.concatenate([np.zeros(begins.sum(), int), state[onward], state[over]])
    target = np.concatenate([state[begins], following[onward], np.full(over.sum(), 2)])
    bought = onward & (following == 1)
    if bought.sum() < MIN_ORDERS:
        return none
    first = state[begins][np.cumsum(begins)[bought] - 1]  # each way is told by its beginning
    shape = (customer.max() + 1, size * size)
    moves = sparse.csr_matrix((np.ones(len(who), np.int64), (who, source * size + target)), shape=shape)
    moves = moves[np.unique(who)]
    had = pd.Series(customer[touch]).groupby(state[touch]).nunique().reindex(range(3, size))
    began, ended = (np.bincount(of, minlength=size)[3:] for of in (first, state[bought]))
    days = int(np.ptp(at[touch]) / np.timedelta64(1, "D"))
    return Chain(touches, moves, had.to_numpy(int), began, ended, days)


def removal_effects(counts: np.ndarray) -> np.ndarray:
    """Share of the orders that is lost without each touch.

    Parameters
    ----------
    counts : array, shape (states, states)
        Moves between start, order, no order, and the touches.

    Returns
    -------
    array, shape (touches,)
        From 0 to 1; 0 for a touch that nobody had.
    """
    counts = np.asarray(counts, float)
    total = counts.sum(axis=1, keepdims=True)
    probability = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    inner = np.r_[0, 3 : len(counts)]
    within, sold = probability[np.ix_(inner, inner)], probability[inner, 1]
    unit = np.eye(len(inner))
    everything = np.linalg.solve(unit - within, sold)[0]
    lost = np.zeros(len(inner) - 1)
    for touch in range(1, len(inner)):
        rest = within.copy()
        rest[:, touch] = 0  # a move to it leads nowhere
        lost[touch - 1] = 1 - np.linalg.solve(unit - rest, sold)[0] / everything if everything > 0 else np.nan
    return np.clip(lost, 0, 1)


def contributions(found: Chain, seed: int = 1, resamples: int = 200) -> Result:
    """Removal effect and share of each kind of touch, with percentile intervals of a bootstrap over customers.

    Returns
    -------
    Result
        ``touch, n`` (customers who had it)``, base, times, removal`` (share of the orders that the chain loses without
        it) with interval, ``contribution`` (removal effects as shares of their sum) with interval, and to compare with
        ``touch_share`` (of all touches), ``first_share`` and ``last_share`` (of the orders whose way began with it, and
        that followed on it); largest contribution first.
    """
    return Result(
        "contribution",
        _contributions(found, seed, resamples) if len(found) else pd.DataFrame(columns=COLUMNS),
        Text(N_("Touches and the orders they go with (association)")),
        OVERLAPPING,
        claims=_largest,
        about=Text(N_("Ways of {n:count} customers with a touch."), {"n": len(found)}),
        needs="transactions",
    )


def by_source(found: Chain, sold: float, costs: Mapping[str, float], seed: int = 1, resamples: int = 200) -> Result:
    """How much each source of visits goes with orders by first touch, last touch and chain, and with its cost.

    Parameters
    ----------
    found : Chain
        Of visits by their source; of visits without one nothing is known, as in web analytics.
    sold : float
        Sales of an order on average.
    costs : mapping of str to float
        What a source costs a month.
    seed, resamples : int

    Returns
    -------
    Result
        As `contributions`, ``source`` for ``touch``; ``credited_sales`` (the contribution to the orders, in money)``,
        source_cost`` (from the first visit to the last) and ``sales_per_cost`` with interval, as far as they
        are known.
    """
    table = contributions(found, seed, resamples).frame.rename(columns={"touch": "source"})
    sales = sold * found.orders
    if costs and sales > 0:
        table["credited_sales"] = table["contribution"] * sales
        table["source_cost"] = table["source"].map(costs).astype(float) * found.days / DAYS_A_MONTH
        for end in ("", "_low", "_high"):
            table[f"sales_per_cost{end}"] = (
                table[f"contribution{end}"] * sales / table["source_cost"].where(table["source_cost"] > 0)
            )
    return Result(
        "source_contribution",
        table,
        Text(N_("Sources of visits and the orders they go with (association)")),
        OVERLAPPING,
        claims=_of_sources,
        about=Text(
            N_(
                "Ways of {n:count} customers over visits whose source is known; beside it the last source before "
                "orders."
            ),
            {"n": len(found)},
        ),
    )


def limits(found: Chain, transactions: pd.DataFrame) -> list[Limit]:
    """That the ways to an order are not known, where it is so."""
    question = N_("Which touches go with orders, and how much each of them adds")
    missing = "interactions" if len(transactions) else "transactions"
    return [] if len(found) else [Limit(question, needs=NEEDS[missing])]


CLAIMS = Claims(
    "contribution",
    N_(
        "Of all touches before orders, “{touch:label}” goes with the largest part: {share:share} of the contribution "
        "({low:share} to {high:share}), with {touches:share} of the touches. This is an association: customers who "
        "would have bought anyway get in touch, too."
    ),
    {
        "touch": "touch",
        "touches": "touch_share",
        **{name.replace("contribution", "share").removeprefix("share_"): name for name in COLUMNS[-3:]},
    },
    key=("touch",),
    test=N_("removal effect of a Markov chain, bootstrap over customers"),
    estimate="contribution",
    effect=0.05,
    kind="fact",
)


SOURCES = Claims(
    "sources",
    lambda row: (
        N_(
            "Of the sources that cost something, “{source:label}” goes with most sales for its money: "
            "{credited_sales:money} for {source_cost:money}. Whether it brought them only a test can tell."
        )
        if "sales_per_cost" in row._fields
        else N_(
            "Of all sources of visits, “{source:label}” goes with the largest part of the orders: {contribution:part}, "
            "as the last source before them {last_share:part}. Whether it brought them only a test can tell."
        )
    ),
    key=("source",),
    test=N_("removal effect of a Markov chain, bootstrap over customers"),
    estimate="contribution",
    effect=0.05,
    kind="fact",
)


def _of_sources(table: pd.DataFrame) -> list[Finding]:
    """The source with most sales for its cost, or with the largest part of the orders."""
    rows = shown(table)
    rows = rows.reindex(columns=[*rows, *({"sales_per_cost"} - set(rows))])
    paid = rows.dropna(subset="sales_per_cost").sort_values("sales_per_cost", ascending=False)
    rows = paid if len(paid) else rows.drop(columns="sales_per_cost")
    return [SOURCES.one(row) for row in rows.head(1).itertuples()]


def _largest(table: pd.DataFrame) -> list[Finding]:
    """The touch whose absence the ways to an order would miss most."""
    return [CLAIMS.one(row) for row in shown(table).head(1).itertuples()]


def _contributions(found: Chain, seed: int, resamples: int) -> pd.DataFrame:
    from threadpoolctl import threadpool_limits

    size, moves = len(found.touches) + 3, found.moves
    assert moves is not None  # whoever asks has seen that the chain is not empty
    with threadpool_limits(1):
        whole = np.asarray(moves.sum(axis=0)).reshape(size, size)
        effects = removal_effects(whole)
        rng, draws, customers = np.random.default_rng(seed), [], len(found)
        for first in range(0, resamples, _CHUNK):
            count = min(_CHUNK, resamples - first)
            weights = rng.multinomial(customers, np.full(customers, 1 / customers), size=count)
            draws += [removal_effects(each.reshape(size, size)) for each in weights @ moves]
    drawn, ends = np.array(draws), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    times = whole[:, 3:].sum(axis=0)
    removal = np.quantile(drawn, ends, axis=0)
    contribution = np.quantile(drawn / drawn.sum(axis=1, keepdims=True), ends, axis=0)
    shares = (times / times.sum(), found.first / found.orders, found.last / found.orders)
    counts = (found.touches, found.customers, customers, times.astype(int), *shares)
    table = pd.DataFrame(
        dict(zip(COLUMNS, (*counts, effects, *removal, effects / effects.sum(), *contribution), strict=True))
    )
    return table.sort_values(["contribution", "touch"], ascending=[False, True], kind="stable", ignore_index=True)
