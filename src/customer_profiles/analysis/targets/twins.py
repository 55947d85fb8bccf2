"""Which prospects are like customers, tried on customers hidden among them, and which are unlike any of them.

A likeness is no chance to buy: it says that customers look so, not that those who look so become customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Disclosure, Result
from ...stats.intervals import add_shares
from ..demographics.categories import Orders, values_of
from ..journeys.groups import members
from ..prediction.churn import FOLDS, MOST, TENTHS, model_of
from ..segments.embedding import is_number
from .prospects import MIN_BASE, Prospects, filled

KNOWN = 0.5
"""Part of the customers, and of the prospects, of whom a trait must be known."""
ALONE = 0.99
"""Quantile of the distances of customers to their nearest, beyond which nothing is known of a prospect."""
NEAREST = 5_000
"""Customers drawn to be compared with, where there are more; they are compared with each other, too."""
UNLIKE, ALIKE = N_("unlike any customer"), N_("like customers on file")


@dataclass(frozen=True)
class Twins:
    """Prospects beside customers.

    Parameters
    ----------
    rows : DataFrame
        By ``lead_id``: ``likeness`` (from models that have not seen the prospect)``, at, outside``.
    hidden : Series of float
        Likeness of the customers who were hidden among them.
    drawn : bool
        Whether the prospects are people drawn from a reference population.
    """

    rows: pd.DataFrame
    hidden: pd.Series
    drawn: bool = False


def twins(found: Prospects, traits: pd.DataFrame, seed: int = 1) -> Twins:
    """How much each prospect who has not bought is like the customers, by the traits that are known of both.

    A fifth of the customers is hidden: no model learns from them, and they are scored as the prospects are. Traits of
    which half is not known are left out, and then whoever has an unknown one: files differ in what they leave open, and
    that must not tell a customer from a prospect. Of more than `MOST` a part is drawn to learn from.

    Parameters
    ----------
    found : Prospects
    traits : DataFrame
        Of the customers, by ``customer_no``.
    seed : int
    """
    from threadpoolctl import threadpool_limits

    theirs = found.features[~found.rows["bought"]]
    names = [name for name in theirs if name in traits and _shared(theirs[name], traits[name])]
    asked, whole = (table[names].notna().all(axis=1).to_numpy() for table in (theirs, traits))
    if not names or min(whole.sum() / FOLDS, asked.sum()) < MIN_BASE:
        return Twins(pd.DataFrame(columns=["likeness", "at", "outside"]), pd.Series(dtype=float))
    ours, theirs = (filled(table[names], table[names], seed) for table in (traits, theirs))
    rng = np.random.default_rng(seed)
    hidden, part = (rng.permutation(len(table)) % FOLDS for table in (ours, theirs))
    spikes, kept = ours[(hidden == 0) & whole], ours[hidden != 0]
    likeness, of_spikes = pd.Series(np.nan, theirs.index[asked]), np.zeros(len(spikes))
    with threadpool_limits(1):
        for one in range(FOLDS):
            known, others = _drawn(kept, MOST, rng), _drawn(theirs[part != one], MOST, rng)
            both = pd.concat([known, others], ignore_index=True)
            model = model_of("logistic", both, seed).fit(both, np.arange(len(both)) < len(known))
            likeness[part[asked] == one] = model.predict_proba(theirs[asked & (part == one)])[:, 1]
            of_spikes += model.predict_proba(spikes)[:, 1] / FOLDS
    rows = (
        likeness.round(9)
        .rename("likeness")
        .to_frame()
        .join(found.rows["at"])
        .assign(outside=outside(_drawn(ours[whole], NEAREST, rng), theirs[asked]))
    )
    return Twins(rows, pd.Series(of_spikes.round(9)), found.drawn)


def outside(ours: pd.DataFrame, theirs: pd.DataFrame) -> np.ndarray:
    """Who is farther from every customer than `ALONE` of the customers are from all others.

    Values that differ are one apart, numbers by their part of the range from the 5th to the 95th percentile.
    """
    from sklearn.neighbors import NearestNeighbors

    place = theirs.groupby(list(theirs), sort=False, observed=True).ngroup().to_numpy()
    theirs = theirs.drop_duplicates()
    both = pd.concat([ours, theirs], ignore_index=True)
    columns = [_numbers(both[name], len(ours)) for name in both if is_number(both[name])]
    columns += [pd.get_dummies(values_of(both[name]), dtype=float) / 2 for name in both if not is_number(both[name])]
    points = np.hstack(columns)
    known, first, times = np.unique(points[: len(ours)], axis=0, return_inverse=True, return_counts=True)
    near = NearestNeighbors(n_neighbors=min(2, len(known)), metric="manhattan").fit(known)
    own = np.where(times[first] > 1, 0.0, near.kneighbors(known)[0][first, -1])
    asked, limit, far = points[len(ours) :], np.quantile(own, ALONE) + 1e-9, np.ones(len(theirs), bool)
    # Most prospects are near one of a few customers: only those who are not are compared with the rest.
    known = np.random.default_rng(1).permutation(known)
    for some in np.array_split(known, [len(known) // 50, len(known) // 5]):
        if len(some) and far.any():
            far[far] = near.fit(some).kneighbors(asked[far], 1)[0][:, 0] > limit
    return far[place]


def spikes(found: Twins) -> Result:
    """In which tenth of the prospects the hidden customers come, most alike first: ``twin_tenth, n, base, share``."""
    table = pd.DataFrame(columns=["twin_tenth", "n", "base", "share", "share_low", "share_high"])
    if len(found.hidden):
        ours = np.arange(len(found.rows) + len(found.hidden)) >= len(found.rows)
        # Who is as much like customers as others shares their places: ties must not favour anybody.
        mixed = pd.Series(np.concatenate([found.rows["likeness"], found.hidden]))
        mixed = mixed.sample(frac=1, random_state=1)
        tenth = np.ceil(mixed.rank(ascending=False, method="first", pct=True) * TENTHS).astype(int)[ours[mixed.index]]
        counts = tenth.value_counts().reindex(range(1, TENTHS + 1), fill_value=0)
        table = add_shares(pd.DataFrame({"twin_tenth": counts.index, "n": counts.to_numpy(), "base": len(tenth)}))
    return Result(
        "population_spikes" if found.drawn else "twin_spikes",
        table,
        Text(
            N_("Whether customers can be told from the population")
            if found.drawn
            else N_("Whether prospects who are like customers can be told")
        ),
        ONE_MARGIN,
        partial(_found, drawn=found.drawn),
        int(len(table) > 0),
        Text(
            N_(
                "{n:count} customers were hidden among people drawn from the reference population, as if their traits "
                "did not go together: where they come, by tenths, the most alike first."
            )
            if found.drawn
            else N_(
                "{n:count} customers were hidden among the prospects: where they come, by tenths, the most alike first."
            ),
            {"n": len(found.hidden)},
        ),
    )


def described(found: Twins, of: Prospects, told: Result, orders: Orders | None = None) -> Result:
    """What the tenth most like customers is like, beside all others: ``attribute, value, n, base, share, share_rest``.

    Empty if hidden customers were not found.
    """
    best = found.rows.sort_values(["outside", "likeness"], ascending=[True, False]).index[: len(found.rows) // TENTHS]
    known = of.features.loc[found.rows.index].rename_axis("customer_no").reset_index()
    inside, parts = known["customer_no"].isin(best).to_numpy(), []
    for group in members(known, of.features.columns, orders) if _sure(told.frame) else ():
        n, others = (side @ group.member for side in (inside.astype(int), 1 - inside))
        counts = {"n": n, "base": n.sum(), "share": n / max(n.sum(), 1), "share_rest": others / max(others.sum(), 1)}
        parts.append(pd.DataFrame(counts).assign(attribute=group.attribute, value=group.values))
    columns = ["attribute", "value", "n", "base", "share", "share_rest"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    more = (table["share"] - table["share_rest"]).astype(float)
    return Result(
        "twin_traits",
        table.iloc[np.argsort(-more, kind="stable")].reset_index(drop=True),
        Text(N_("What those who are most like customers are, beside all others")),
        Disclosure(within=("attribute",)),
        about=Text(N_("The tenth most like customers: {n:count} of them."), {"n": len(best)}),
    )


def strangers(found: Twins) -> Result:
    """How many prospects are unlike any customer, so that nothing is known of them: ``likeness, n, base, share``.

    Empty where there is none.
    """
    counts = found.rows["outside"].astype(bool).map({True: UNLIKE, False: ALIKE}).value_counts()
    table = pd.DataFrame({"likeness": counts.index, "n": counts.to_numpy(), "base": len(found.rows)})
    return Result(
        "twin_strangers",
        add_shares(table) if len(table) > 1 else table.head(0),
        Text(N_("Prospects of whom customers tell nothing")),
        ONE_MARGIN,
        about=Text(N_("Farther from every customer than 99 of 100 customers are from all others.")),
    )


def ranked(found: Twins, told: Result) -> pd.DataFrame:
    """Prospects by their likeness, the most alike first; empty if hidden customers were not found.

    Returns
    -------
    DataFrame
        ``lead_id, likeness, place, outside``. Of those equally alike, who came last is first, for they still wait;
        those unlike any customer come after all others.
    """
    columns = ["lead_id", "likeness", "place", "outside"]
    if not _sure(told.frame):
        return pd.DataFrame(columns=columns)
    order = {"outside": True, "likeness": False, "at": False}
    table = found.rows.rename_axis("lead_id").reset_index()
    table = table.sort_values(list(order), ascending=list(order.values()), kind="stable")
    return table.assign(place=np.arange(1, len(table) + 1))[columns].reset_index(drop=True)


def facts(tenths: pd.DataFrame, unlike: pd.DataFrame) -> dict[str, int]:
    """Customers hidden, those found in the best tenth, and prospects unlike any customer; of what a page shows."""
    found: dict[str, int] = {}
    if len(tenths) and pd.notna(tenths["n"].iloc[0]):
        found = {"twins_hidden": int(tenths["base"].iloc[0]), "twins_found": int(tenths["n"].iloc[0])}
    shown = unlike.loc[unlike["likeness"] == UNLIKE, "n"].dropna()
    return found | ({"prospects_outside": int(shown.iloc[0])} if len(shown) else {})


def _shared(theirs: pd.Series, ours: pd.Series) -> bool:
    """Whether a trait is known of enough of both, and in the same words."""
    enough = min(theirs.notna().mean(), ours.notna().mean()) >= KNOWN
    words = [set(values_of(of.dropna().drop_duplicates())) for of in (theirs, ours)] if enough else [set(), set()]
    return bool(words[0] & words[1])


def _drawn(rows: pd.DataFrame, most: int, rng: np.random.Generator) -> pd.DataFrame:
    """At most so many rows, in their order."""
    return rows if len(rows) <= most else rows.iloc[np.sort(rng.choice(len(rows), most, replace=False))]


def _numbers(column: pd.Series, ours: int) -> np.ndarray:
    numbers = column.to_numpy(float)
    low, high = np.quantile(numbers[:ours], [0.05, 0.95])
    return (numbers / max(high - low, 1e-9))[:, None]


def _sure(table: pd.DataFrame) -> bool:
    return bool(len(table) and table["share_low"].iloc[0] > 1 / TENTHS)


def _found(table: pd.DataFrame, drawn: bool = False) -> list[Finding]:
    first = table.iloc[0]
    n, ends = int(first["base"]), (float(first["share_low"]), float(first["share_high"]))
    test = N_("logistic regression, a fifth of the customers hidden; Wilson interval")
    if first["hidden"] or not _sure(table):
        message = (
            N_("Customers cannot be told from the population: they were found in it no more than by chance.")
            if drawn
            else N_(
                "Prospects who are like customers cannot be told: hidden customers were found no more than by chance."
            )
        )
        return [Finding(message, {}, id="twins.nothing", n=n, interval=ends, test=test, kind="nothing")]
    message = N_(
        "Prospects who are like customers can be told: {share:part} of the customers hidden among them are in the best "
        "tenth, by chance {chance:part}."
    )
    if drawn:
        message = N_(
            "Customers can be told from the population: {share:part} of those hidden in it are in the tenth most like "
            "customers, by chance {chance:part}."
        )
    values = {"share": float(first["share"]), "chance": 1 / TENTHS}
    effect = float(first["share"]) - 1 / TENTHS
    reach = 0 if drawn else n  # there is nobody to address yet
    return [Finding(message, values, id="twins.found", n=n, interval=ends, test=test, effect=effect, reach=reach)]
