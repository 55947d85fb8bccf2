"""Segments as people one can picture: what is measured, what is derived from it, and what is made up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ...codes import SEGMENT_NAME
from ...messages import N_, Finding, Text
from ...results import ONE_MARGIN, Disclosure, Result
from ...stats.claims import shown
from ...stats.comparisons import cohens_h, corrected
from ...stats.intervals import add_shares, mean_interval, median_interval, share_of_sum
from ..demographics.index import compare
from . import naming
from .columns import IMPLIED
from .embedding import is_number
from .naming import THIRDS

MIN_BASE = 50  # customers behind an index, as elsewhere in the reports
TYPICAL = 0.30  # a trait that names a segment is shared by at least this many of its customers
STRIKING = 0.20  # Cohen's h from which a difference is at least small (Cohen 1988)
TRAITS = 5  # traits told of each persona

# Where each field of a persona comes from.
MEASURED, DERIVED, FICTIONAL = N_("measured"), N_("derived"), N_("fictional")

# Given names that say nothing about age, gender or origin: the persona is not a person.
GIVEN_NAMES = ("Alex", "Kim", "Robin", "Charlie", "Sam", "Toni", "Mika", "Sascha", "Jona", "Luca", "Noa", "Kaya")

# Averages told of each segment, where the profile has the column.
MEANS = ("orders", "basket_value", "discount_share", "sessions", "touchpoints", "tickets")
MEDIANS = ("age", "recency_days")
HABITS = (
    "preferred_channel",
    "main_order_channel",
    "main_touch_channel",
    "top_category",
    "rfm_segment",
)


OF_SEGMENTS = Disclosure(within=(("segment", "attribute"), ("attribute", "value")))
"""Traits of segments: the values of a trait add up to a segment, the segments to a value's customers."""


@dataclass(frozen=True)
class Persona:
    """A segment as one card.

    Parameters
    ----------
    segment : int
        Number of the segment.
    name : Text
        Its own in dataset.yaml, or from its strongest traits, see `naming`; unique among the segments.
    given_name : str
        Fictional.
    n, base : int
        Customers in the segment and in all.
    traits : tuple of Text
        What most sets it apart from all others, strongest first.
    """

    segment: int
    name: Text
    given_name: str
    n: int
    base: int
    traits: tuple[Text, ...]


def thirds(values: pd.Series) -> pd.Series:
    """A number as low, middle or high: the thirds of the customers for whom it is known; other columns as they are.

    Equal values are always in the same third, so thirds of values with many ties differ in size.

    Examples
    --------
    >>> thirds(pd.Series([1, 1, 1, 1, 2, 9])).tolist()
    ['middle', 'middle', 'middle', 'middle', 'high', 'high']
    """
    if not is_number(values):
        return values
    third = np.ceil((values.rank() * len(THIRDS) / max(int(values.notna().sum()), 1)).round(9))
    return third.map(dict(enumerate(THIRDS, start=1))).astype("object")


def traits(
    described: pd.DataFrame,
    labels: pd.Series,
    formed_by: Sequence[str] = (),
    min_base: int = MIN_BASE,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> Result:
    """Each segment against all other customers, trait by trait.

    Parameters
    ----------
    described : DataFrame
        One row per customer: the columns to compare, numbers cut into bands such as `thirds`.
    labels : Series
        Segment of each customer, same index; all missing where there are no segments.
    formed_by : sequence of str
        Columns that the segments were made of. They differ by construction, so their rows have no p-value and
        make no claim: they describe.
    min_base : int
        Smallest base compared, customers.
    orders : mapping, optional
        Order of the values of ordered attributes.

    Returns
    -------
    Result
        ``segment``, the columns of `index.compare`, and ``formed_by``. Corrected over all segments together.
    """
    known = {name: list(values) for name, values in (orders or {}).items() if name in described}
    known |= {name: list(THIRDS) for name in described if set(described[name].dropna()) <= set(THIRDS)}
    parts = []
    for segment in sorted(labels.dropna().unique()):
        inside = (labels == segment).to_numpy(bool)
        part = compare(described[inside], described[~inside], list(described), min_base, known)
        parts.append(part.assign(segment=segment))
    nothing = compare(described, described, [], min_base).assign(segment=0)
    table = pd.concat(parts or [nothing], ignore_index=True)
    table["formed_by"] = table["attribute"].isin(list(formed_by))
    table["p"] = table["p"].mask(table["formed_by"])
    table, family = corrected(table, together=["segment", "attribute"])
    return Result(
        "segment_traits",
        table[["segment", *(name for name in table if name != "segment")]],
        Text(N_("Every trait of every segment against all other customers")),
        OF_SEGMENTS,
        family=family,
        about=Text(
            N_("Index: 100 is the share among all other customers. What formed the segments stands in the table.")
        ),
    )


def figures(profile: pd.DataFrame, labels: pd.Series, cards: Sequence[Persona] = ()) -> Result:
    """Key figures of each segment, one row per segment.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    labels : Series
        Segment of each customer, same index; all missing where there are no segments.
    cards : sequence of Persona
        Segments that sentences name, see `personas`.

    Returns
    -------
    Result
        ``segment, n, base, share`` with interval, ``spend_share`` and ``spend_per_customer``, then the mean of each
        column of `MEANS` and the median of each of `MEDIANS` that the profile has; all with their intervals.
    """
    grouped = profile.groupby(labels, sort=True)
    table = grouped.size().rename("n").rename_axis("segment").reset_index().astype(int)
    table = add_shares(table.assign(base=len(profile)))
    parts = {}
    if "spend" in profile and profile["spend"].sum() > 0:
        spend = profile["spend"].astype(float).fillna(0)
        parts["spend_share"] = [share_of_sum(spend, (labels == segment).to_numpy()) for segment in table["segment"]]
        parts["spend_per_customer"] = [mean_interval(values) for _, values in spend.groupby(labels)]
    for columns, statistic in ((MEANS, mean_interval), (MEDIANS, median_interval)):
        for name in columns:
            if name in profile:
                groups = grouped[name]
                parts[name] = [statistic(values.to_numpy(dtype=float, na_value=np.nan)) for _, values in groups]
    for name, estimates in parts.items():
        table[[name, f"{name}_low", f"{name}_high"]] = np.array(estimates, dtype=float).reshape(-1, 3)
    return Result(
        "segment_figures",
        table,
        Text(N_("Key figures of each segment")),
        ONE_MARGIN,
        claims=partial(_sizes, cards=cards),
        about=Text(_OF_BOTH if "spend_share" in table else _OF_CUSTOMERS, {"n": len(profile)}),
    ).sort_values("spend_share" if "spend_share" in table else "share", ascending=False)


def combination(
    profile: pd.DataFrame,
    labels: pd.Series,
    attributes: Sequence[str] = HABITS,
    least: int = 10,
    made_of: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Values of each segment that its customers really have together.

    The attribute whose most frequent value most customers of a segment have comes first. Of those who have it, the
    most frequent value of the next is taken, and so on; one that would leave fewer than `least` is left out, and so is
    one that follows from another.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    labels : Series
        Segment of each customer, same index; all missing where there are no segments.
    attributes : sequence of str
        Columns that are combined; those that the profile lacks are left out.
    least : int
        Customers who share all values of a segment at least.
    made_of : mapping, optional
        What a column follows from.

    Returns
    -------
    DataFrame
        ``segment, attribute, value, n, base, share`` with interval (of the customers of the segment for whom the
        attribute is known)``, shared`` (so many customers at least have this value and all before it: in steps of
        `least`, lest two numbers tell how many have one and not the other).
    """
    rows = []
    names = [name for name in dict.fromkeys(attributes) if name in profile]
    for segment in sorted(labels.dropna().unique()):
        members = profile.loc[(labels == segment).to_numpy(bool), names].astype("object")
        counts = {name: members[name].dropna().astype(str).value_counts() for name in names}
        shares = {name: found.max() / max(len(members), 1) for name, found in counts.items() if len(found)}
        told: set[str] = set()
        for name in sorted(shares, key=lambda name: (-shares[name], name)):
            found = members[name].dropna().astype(str).value_counts()
            sources = _sources(name, made_of or {})
            if not len(found) or found.max() < least or sources & told:
                continue
            value = min(found[found == found.max()].index)
            told |= sources
            members = members[members[name].astype(str) == value]
            whole = counts[name]
            rows.append((segment, name, value, int(whole[value]), int(whole.sum()), len(members) // least * least))
    columns = ["segment", "attribute", "value", "n", "base", "shared"]
    return add_shares(pd.DataFrame(rows, columns=columns))


def _sources(name: str, made_of: Mapping[str, Sequence[str]]) -> set[str]:
    """What a column says, traced to the columns that it follows from."""
    direct = {base for base, implied in IMPLIED.items() if name in implied} | set(made_of.get(name, ()))
    return set().union(*(_sources(base, made_of) for base in direct - {name})) if direct - {name} else {name}


def personas(
    table: pd.DataFrame, sizes: Mapping[int, int], base: int = 0, renamed: Collection[int] = ()
) -> list[Persona]:
    """A card for each segment.

    Parameters
    ----------
    table : DataFrame
        As `traits` returns it.
    sizes : mapping of int to int
        Customers in each segment that has a card.
    base : int
        All customers; by default those of these segments.
    renamed : collection of int
        Segments that dataset.yaml gives a name.

    Returns
    -------
    list of Persona
        In the order of the segment numbers.
    """
    taken: set[tuple] = set()
    cards, ranks = [], naming.ranks(table, sizes)
    for number, (segment, n) in enumerate(sorted(sizes.items())):
        rows = _striking(table[table["segment"] == segment])
        cards.append(
            Persona(
                segment=int(segment),
                name=Text("{own:label}", {"own": SEGMENT_NAME.format(segment)})
                if segment in renamed
                else naming.name(_apart(rows), ranks[segment], int(n), taken),
                given_name=GIVEN_NAMES[number % len(GIVEN_NAMES)],
                n=int(n),
                base=base or int(sum(sizes.values())),
                traits=tuple(_sentence(row) for row in rows.head(TRAITS).itertuples()),
            )
        )
    return cards


_OF_BOTH = N_("Shares of {n:count} customers and of their spend.")
_OF_CUSTOMERS = N_("Shares of {n:count} customers.")
_SIZE = N_("“{name:label}” are {share:share} of customers ({low:share} to {high:share}, n = {n:count}).")
_WORTH = N_(
    "“{name:label}” are {share:share} of customers ({low:share} to {high:share}, n = {n:count}) and bring "
    "{spend_share:share} of spend."
)


def _sizes(table: pd.DataFrame, cards: Sequence[Persona]) -> list[Finding]:
    """How large each segment is and what it is worth, largest share of spend beyond its size first."""
    rows = {row.segment: row for row in shown(table).itertuples()}
    result = []
    for card in cards:
        if (row := rows.get(card.segment)) is None:
            continue
        values = {"segment": card.segment, "name": card.name, "share": row.share}
        values |= {"low": row.share_low, "high": row.share_high, "n": card.n}
        message, effect = _SIZE, 0.0
        if "spend_share" in table:
            message = _WORTH
            values["spend_share"] = row.spend_share
            effect = abs(row.spend_share - row.share)
        result.append(
            Finding(
                message,
                values,
                id=f"segments.size_{card.segment}",
                n=card.base,
                interval=(row.share_low, row.share_high),
                test=N_("Wilson interval"),
                effect=effect,
                reach=card.n,
            )
        )
    return sorted(result, key=lambda finding: (-finding.weight, finding.id))


def _striking(rows: pd.DataFrame) -> pd.DataFrame:
    """Traits that are typical of the segment and more frequent than elsewhere, strongest first."""
    rows = rows.assign(h=cohens_h(rows["share"], rows["share_rest"]))
    rows = rows[(rows["h"] >= STRIKING) & (rows["share"] >= TYPICAL) & (rows["value"] != THIRDS[1])]
    rows = rows[rows["claim"] | rows["formed_by"]]
    return rows.sort_values(["h", "attribute", "value"], ascending=[False, True, True], kind="stable").drop_duplicates(
        "attribute"
    )


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Traits that most other customers do not have: what nearly everybody buys names nobody."""
    return rows[rows["share_rest"] <= naming.MAJORITY]


def _sentence(row) -> Text:
    return Text(
        "{attribute:label}: {value:value} – {share:share} of the segment (n = {n:count}), {share_rest:share} of others",
        {
            "attribute": row.attribute,
            "value": row.value,
            "share": float(row.share),
            "n": int(row.n),
            "share_rest": float(row.share_rest),
        },
    )
