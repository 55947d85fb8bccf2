"""Profiles on a page: the segment, the persona, the ideal customer and the vulnerable one, field by field.

Every field says where it comes from: measured (with n and interval), derived from what was measured, or fictional. All
are read from published tables: what the gate has hidden there is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ..segments.personas import DERIVED, FICTIONAL, MEASURED, MEDIANS, Persona
from .ideal import IDEAL
from .vulnerable import ANY

TRAITS = 10


@dataclass(frozen=True)
class Field:
    """One line of a page.

    Parameters
    ----------
    label : str
        What it is: a heading, or the name of an attribute.
    value : Text
        What it says.
    kind : str
        `MEASURED`, `DERIVED` or `FICTIONAL`.
    """

    label: str
    value: Text
    kind: str = MEASURED


@dataclass(frozen=True)
class Page:
    """A profile on a page of its own.

    Parameters
    ----------
    template : Text
        Which kind of profile it is.
    name : Text
        Of whom; `name_kind` says where the name comes from.
    fields : tuple of Field
        In the order of the page; without any, the page says that nothing can be told.
    """

    template: Text
    name: Text
    fields: tuple[Field, ...]
    name_kind: str = DERIVED


_SHARE = N_("{share:share} ({low:share} to {high:share}, n = {n:count})")
_OF_VALUE = N_("{value:label} – {share:share} ({low:share} to {high:share}, n = {n:count})")
_TRAIT = N_(
    "{attribute:label}: {value:label} – {share:share} against {rest:share} of the others, index {index:index} "
    "({low:index} to {high:index}, n = {n:count})"
)
_FORMED = N_(
    "{attribute:label}: {value:label} – {share:share} against {rest:share} of the others, index {index:index} "
    "({low:index} to {high:index}, n = {n:count}); it formed the segments"
)
NUMBERS = {"spend_per_customer": "{x:money}", "basket_value": "{x:money}", "discount_share": "{x:share}"}
"""How the averages of a segment are written; all others as plain numbers."""
AVERAGES = ("orders", "basket_value", "discount_share", "sessions", "tickets", "age", "recency_days")


def segments(
    cards: Sequence[Persona],
    sizes: pd.DataFrame,
    traits: pd.DataFrame,
    verdicts: pd.DataFrame,
    routes: pd.DataFrame | None = None,
    most: int = TRAITS,
) -> list[Page]:
    """A page for each segment: all measured but its name and the verdict.

    Parameters
    ----------
    cards : sequence of Persona
        From `personas.personas`.
    sizes, traits, verdicts : DataFrame
        Published: from `personas.figures`, `personas.traits` and `segment_verdicts.judge`.
    routes : DataFrame, optional
        Published: from `channels.routing`.
    most : int
        Traits on a page.
    """
    pages = []
    for card in cards:
        row, verdict = _row(sizes, card.segment), _row(verdicts, card.segment)
        fields = [_size(row), *_worth(row)]
        fields += [_average(name, row) for name in AVERAGES if _known(row, name)]
        if verdict is not None and _known(verdict, "jaccard"):
            found_again = Text(N_("found again in resamples: Jaccard {jaccard:ratio}"), {"jaccard": verdict["jaccard"]})
            values = {"verdict": verdict["verdict"], "reason": verdict["reason"]}
            reach = {"share": verdict["reach"], "low": verdict["reach_low"], "high": verdict["reach_high"]}
            fields += [
                Field(N_("Stability"), found_again),
                Field(N_("Verdict"), Text(N_("{verdict:label}: {reason:label}"), values), DERIVED),
                Field(N_("Can be reached"), Text(_SHARE, reach | {"n": verdict["n"]})),
            ]
        fields += _route(_row(routes, card.segment))
        fields += [Field(N_("Set apart by"), text) for text in _traits(_of(traits, card.segment), most)]
        pages.append(Page(Text(N_("Segment profile")), _numbered(card), tuple(fields)))
    return pages


def personas(
    cards: Sequence[Persona],
    sizes: pd.DataFrame,
    habits: pd.DataFrame,
    routes: pd.DataFrame | None = None,
    pains: pd.DataFrame | None = None,
    persons: bool = True,
) -> list[Page]:
    """A persona for each segment: its most frequent values, with a name and a portrait that are made up and say so.

    Parameters
    ----------
    cards : sequence of Persona
    sizes, habits : DataFrame
        Published: from `personas.figures` and `personas.habits`.
    routes, pains : DataFrame, optional
        Published: from `channels.routing`, and the most frequent pain of each segment as `personas.habits` gives it.
    persons : bool
        Whether customers are persons. Of companies the page is the typical account, and nothing of it is made up.
    """
    pages = []
    for card in cards:
        fields = [Field("segment", _numbered(card), DERIVED)] if persons else []
        fields += [_size(_row(sizes, card.segment))]
        fields += [Field(row.attribute, _most(row)) for row in _shown(_of(habits, card.segment)).itertuples()]
        fields += [Field(N_("Most frequent pain"), _most(row)) for row in _shown(_of(pains, card.segment)).itertuples()]
        fields += [Field(N_("Set apart by"), text) for text in card.traits]
        fields += _route(_row(routes, card.segment))
        if persons:
            fields.append(Field(N_("Portrait"), _portrait(card), FICTIONAL))
            name = Text("{name:label}", {"name": card.given_name})
            pages.append(Page(Text(N_("Persona")), name, tuple(fields), FICTIONAL))
        else:
            pages.append(Page(Text(N_("Typical account")), _numbered(card), tuple(fields)))
    return pages


def ideal(
    name: Text,
    definition: pd.DataFrame,
    gains: pd.DataFrame | None,
    traits: pd.DataFrame,
    stands_out: bool,
    most: int = TRAITS,
) -> Page:
    """The page of the ideal customer or account.

    Parameters
    ----------
    name : Text
        See `ideal.label`.
    definition, gains, traits : DataFrame
        Published: from `ideal.definition`, `ideal.fit` and `ideal.traits`.
    stands_out : bool
        Whether the traits tell ideal customers, see `ideal.Fit`.
    most : int
        Traits on the page.
    """
    fields = [
        Field(N_("How many") if row.criterion == IDEAL else N_("Condition"), _rule(row))
        for row in _shown(definition).itertuples()
    ]
    best = None if gains is None else _shown(gains[gains["rank"] == 1])
    if stands_out and best is not None and len(best):
        row = best.iloc[0]
        told = {"share": row["share"], "low": row["share_low"], "high": row["share_high"], "n": row["base"]}
        told |= {"worth": row["value_share"], "from": row["value_share_low"], "to": row["value_share_high"]}
        message = N_(
            "of the tenth of customers who fit best, {share:share} are ideal ({low:share} to {high:share}, "
            "n = {n:count}), and this tenth has {worth:share} of the worth of all ({from:share} to {to:share})"
        )
        fields.append(Field(N_("Held-out gain"), Text(message, told)))
    if not stands_out:
        nothing = Text(
            N_("no ideal profile stands out: taken together, what is known of customers does not tell who is ideal")
        )
        fields.append(Field(N_("Held-out gain"), nothing))
    apart = _traits(traits, most)
    none = [] if stands_out else [Text(N_("no trait sets ideal customers apart by more than chance"))]
    fields += [Field(N_("Set apart by"), text) for text in apart or none]
    return Page(Text(N_("Ideal customer profile")), name, tuple(fields), DERIVED)


def vulnerable(shares: pd.DataFrame, ranks: pd.DataFrame, needs: pd.DataFrame, served: pd.DataFrame) -> Page:
    """The page of customers who may need particular care.

    Parameters
    ----------
    shares, ranks, needs, served : DataFrame
        Published: from `vulnerable.counts`, `vulnerable.priority_table`, `vulnerable.needs` and `vulnerable.parity`.
    """
    named = _shown(shares).assign(value=shares["indicator"]).drop_duplicates(["n", "base"])  # one sign is also any
    fields = [Field(row.driver, _most(row)) for row in named.itertuples()]
    first = _shown(ranks[ranks["rank"] < ranks["rank"].max()])
    fields += [Field(N_("Priority"), _ranked(row), DERIVED) for row in first.itertuples()]
    for row in _shown(needs[needs["group"] == ANY]).itertuples():
        message = N_(
            "in a way with a person: {share:share} against {rest:share} of the others, {ratio:ratio} times as often "
            "({low:ratio} to {high:ratio}, n = {n:count})"
        )
        values = {"share": row.share, "rest": row.share_rest, "ratio": row.ratio, "low": row.ratio_low}
        fields.append(Field(row.evidence, Text(message, values | {"high": row.ratio_high, "n": row.base})))
    together = _shown(served[served["group"] == ANY])
    fields += [Field(row.metric, _served(row)) for row in together.itertuples()]
    return Page(
        Text(N_("Vulnerable customers")), Text(N_("Customers with a permitted sign of vulnerability")), tuple(fields)
    )


def limits(segments: pd.DataFrame) -> list[Limit]:
    """That there are no segments to describe."""
    if len(segments):
        return []
    return [Limit(N_("Segments and personas: no segments were formed"), needs=NEEDS["transactions"])]


def tags(pages: Sequence[Page]) -> dict[str, int]:
    """How many fields of the pages are measured, derived and fictional."""
    kinds = [kind for page in pages for kind in (page.name_kind, *(field.kind for field in page.fields))]
    return {kind: kinds.count(kind) for kind in (MEASURED, DERIVED, FICTIONAL)}


def _numbered(card: Persona) -> Text:
    if "first" not in card.name.values:  # its name is its number
        return card.name
    return Text(N_("Segment {segment:count}: {name:label}"), {"segment": card.segment, "name": card.name})


def _size(row: pd.Series) -> Field:
    values = {"share": row["share"], "low": row["share_low"], "high": row["share_high"], "n": row["n"]}
    missing = Text(N_("too few to show"))
    return Field(N_("Size"), Text(_SHARE, values) if _known(row, "share") else missing)


def _worth(row: pd.Series) -> list[Field]:
    if not _known(row, "spend_share"):
        return []
    values = {"share": row["spend_share"], "low": row["spend_share_low"], "high": row["spend_share_high"]}
    values |= {"spend": row["spend_per_customer"], "from": row["spend_per_customer_low"], "n": row["n"]}
    message = N_(
        "{share:share} of all spend ({low:share} to {high:share}), {spend:money} per customer ({from:money} to "
        "{to:money}, n = {n:count})"
    )
    values["to"] = row["spend_per_customer_high"]
    return [Field(N_("Worth"), Text(message, values))]


def _average(name: str, row: pd.Series) -> Field:
    message = N_("{x:label} on average ({low:label} to {high:label}, n = {n:count})")
    median = N_("{x:label}, median ({low:label} to {high:label}, n = {n:count})")
    ends = {"x": name, "low": f"{name}_low", "high": f"{name}_high"}
    values = {key: Text(NUMBERS.get(name, "{x:number}"), {"x": float(row[end])}) for key, end in ends.items()}
    return Field(name, Text(median if name in MEDIANS else message, values | {"n": row["n"]}))


def _route(row: pd.Series | None) -> list[Field]:
    if row is None or not _known(row, "share") or not isinstance(row["first_channel"], str):
        return []
    first = {"value": row["first_channel"], "share": row["share"], "low": row["share_low"], "high": row["share_high"]}
    fields = [Field(N_("First channel"), Text(_OF_VALUE, first | {"n": row["base"]}))]
    if isinstance(row["then_channel"], str):
        then = {"value": row["then_channel"], "n": row["then_n"], "base": row["then_base"]}
        message = N_("{value:label} (n = {n:count} of {base:count})")
        fields.append(Field(N_("Then"), Text(message, then)))
    return fields


def _traits(table: pd.DataFrame, most: int) -> list[Text]:
    """The strongest established traits, one of each attribute; of a segment also those that formed it."""
    told = table["claim"].fillna(False).astype(bool)
    formed = table["formed_by"].fillna(False).astype(bool) if "formed_by" in table else told & False
    rows = _shown(table[(told | formed) & table["index"].gt(100)])
    rows = rows.sort_values(["effect", "attribute", "value"], ascending=[False, True, True], kind="stable")
    return [
        Text(
            _FORMED if getattr(row, "formed_by", False) else _TRAIT,
            {
                "attribute": row.attribute,
                "value": row.value,
                "share": row.share,
                "rest": row.share_rest,
                "index": row.index,
                "low": row.index_low,
                "high": row.index_high,
                "n": row.base,
            },
        )
        for row in rows.drop_duplicates("attribute").head(most).itertuples(index=False)
    ]


def _most(row: object) -> Text:
    values = {"value": row.value, "share": row.share, "low": row.share_low, "high": row.share_high, "n": row.base}
    return Text(_OF_VALUE, values)


def _rule(row: object) -> Text:
    values = {"value": row.criterion, "share": row.share, "low": row.share_low, "high": row.share_high, "n": row.n}
    return Text(_OF_VALUE, values)


def _ranked(row: object) -> Text:
    message = N_("{rank:count}. {rule:label} (n = {n:count})")
    return Text(message, {"rank": row.rank, "rule": row.criterion, "n": row.n})


def _served(row: object) -> Text:
    if pd.isna(row.ratio):
        message = N_(
            "{mean:number} against {rest:number} of the others, a difference of {x:number} ({low:number} to "
            "{high:number}, n = {n:count})"
        )
        values = {"x": row.difference, "low": row.difference_low, "high": row.difference_high}
    else:
        message = N_(
            "{mean:number} against {rest:number} of the others: {x:ratio} times as much ({low:ratio} to {high:ratio}, "
            "n = {n:count})"
        )
        values = {"x": row.ratio, "low": row.ratio_low, "high": row.ratio_high}
    return Text(message, values | {"mean": row.mean, "rest": row.mean_rest, "n": row.base})


def _portrait(card: Persona) -> Text:
    """A sentence to remember the segment by, made of its name."""
    named = "first" in card.name.values
    message = N_(
        "{name:label} is made up and stands for this segment ({segment:label}). Nobody in the data is this person, and "
        "no customer of the segment need be like it in every point."
    )
    return Text(message, {"name": card.given_name, "segment": card.name if named else str(card.segment)})


def _of(table: pd.DataFrame | None, segment: int) -> pd.DataFrame:
    """Rows of a segment; none where there is no table."""
    if table is None:
        return pd.DataFrame(columns=["segment", "suppressed"])
    return table[table["segment"] == segment]


def _row(table: pd.DataFrame | None, segment: int) -> pd.Series | None:
    rows = _of(table, segment)
    return rows.iloc[0] if len(rows) else None


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table["suppressed"].astype(bool)] if len(table) else table


def _known(row: Mapping[str, object] | None, name: str) -> bool:
    return row is not None and name in row and bool(pd.notna(row[name]))
