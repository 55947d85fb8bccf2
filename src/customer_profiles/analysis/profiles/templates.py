"""Profiles on a page: the segment, the persona, the ideal customer and the vulnerable one, field by field.

Every field says where it comes from: measured (with n and interval), derived from what was measured, or fictional. All
are read from tables as a page shows them (`Chapter.guarded`): what the gate has hidden there is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import pandas as pd

from ...messages import N_, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, OVERLAPPING, Disclosure, Result
from ..segments import personas as segment_personas
from ..segments.personas import DERIVED, FICTIONAL, MEASURED, OF_SEGMENTS, Persona
from ..segments.rules import PICKED
from .ideal import IDEAL
from .vulnerable import ANY, NONE

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
    code : str
        What a program takes instead of the sentence, folded away.
    in_short : bool
        Whether it also stands where a page is told in short.
    """

    label: str
    value: Text
    kind: str = MEASURED
    code: str = ""
    in_short: bool = True


@dataclass(frozen=True)
class Figure:
    """A key figure beside that of all customers and that of the year before."""

    kpi: str
    label: str
    value: Text
    whole: Text
    before: Text


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
    lead : Text, optional
        What stands under the name.
    figures : tuple of Figure
        Key figures.
    segment : int, optional
        Whose page it is, if it has a file of its own.
    advice : tuple of Field
        What follows, beside what is known.
    """

    template: Text
    name: Text
    fields: tuple[Field, ...]
    name_kind: str = DERIVED
    lead: Text | None = None
    figures: tuple[Figure, ...] = ()
    segment: int | None = None
    advice: tuple[Field, ...] = ()


_TOGETHER = N_("at least {n:count} customers of the segment")
_SHARE = N_("{share:share} ({low:share} to {high:share}, n = {n:count})")
_OF_VALUE = N_("{value:value} – {share:share} ({low:share} to {high:share}, n = {n:count})")
_TRAIT = N_("{attribute:label}: {value:value} – {share:part} against {rest:part} of the others (n = {n:count})")
_OF_TRAIT = ("attribute", "value", "share", "rest", "n")
APART = N_("Set apart by")


def of_segments(
    figures: pd.DataFrame, traits: pd.DataFrame, verdicts: pd.DataFrame, routing: pd.DataFrame, rules: pd.DataFrame
) -> list[Result]:
    """The tables of chapter 05 that pages are made of, each with what adds up to what in it."""
    tables = {
        "segment_figures": (figures, ONE_MARGIN),
        "segment_traits": (traits, OF_SEGMENTS),
        "segment_verdicts": (verdicts, ONE_MARGIN),
        "routing": (routing, OVERLAPPING),
        "segment_rules": (rules, PICKED),
    }
    return [Result(name, table, Text(name), rule) for name, (table, rule) in tables.items()]


def usual(
    profile: pd.DataFrame,
    labels: pd.Series,
    attributes: Sequence[str],
    least: int = 10,
    made_of: Mapping[str, Sequence[str]] | None = None,
) -> Result:
    """Values that customers of each segment have together, see `personas.combination`."""
    name, table = "segment_habits", segment_personas.combination(profile, labels, attributes, least, made_of)
    return Result(name, table, Text(name), Disclosure(within=None, also=("shared",)))


def personas(
    cards: Sequence[Persona],
    sizes: pd.DataFrame,
    habits: pd.DataFrame,
    routes: pd.DataFrame,
    pains: pd.DataFrame,
    persons: bool = True,
) -> list[Page]:
    """A persona for each segment: values that customers have together, with a name and a portrait that are made up.

    Parameters
    ----------
    cards : sequence of Persona
    sizes, routes : DataFrame
        As a page shows them, see `of_segments`.
    habits, pains : DataFrame
        As a page shows them: `usual` values, and the `usual` pain of each segment.
    persons : bool
        Whether customers are persons. Of companies the page is the typical account, and nothing of it is made up.
    """
    pages = []
    for card in cards:
        fields = [Field("segment", _numbered(card), DERIVED)] if persons else []
        fields += [_size(row_of(sizes, card.segment))]
        shared = shown(_of(habits, card.segment))
        fields += [Field(row.attribute, _share(row)) for row in shared.itertuples()]
        fields += [
            Field(N_("All of this together"), Text(_TOGETHER, {"n": row.shared})) for row in shared.tail(1).itertuples()
        ]
        most_frequent = shown(_of(pains, card.segment)).itertuples()
        fields += [Field(N_("Most frequent pain"), _share(row)) for row in most_frequent]
        fields += [Field(APART, text) for text in card.traits]
        fields += _route(row_of(routes, card.segment))
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
    gains: pd.DataFrame,
    traits: pd.DataFrame,
    stands_out: bool,
    most: int = TRAITS,
) -> list[Page]:
    """The page of the ideal customer or account; none where nothing describes them.

    Parameters
    ----------
    name : Text
        See `ideal.label`.
    definition, gains, traits : DataFrame
        As a page shows them: from `ideal.definition`, `fit.cross_validated` and `ideal.traits`.
    stands_out : bool
        Whether the traits tell ideal customers, see `fit.Fit`.
    most : int
        Traits on the page.
    """
    if not len(gains):
        return []
    fields = [
        Field(N_("How many") if row.criterion == IDEAL else N_("Condition"), _share(row, row.criterion, row.n))
        for row in shown(definition).itertuples()
    ]
    message = N_(
        "of the tenth of customers who fit best, {share:share} are ideal ({low:share} to {high:share}, "
        "n = {n:count}), and this tenth accounts for {worth:share} of what all customers are worth ({from:share} to "
        "{to:share})"
    )
    nothing = N_("no ideal profile stands out: taken together, what is known of customers does not tell who is ideal")
    if not stands_out:
        fields.append(Field(N_("Held-out gain"), Text(nothing)))
    for row in shown(gains[gains["rank"] == 1]).itertuples() if stands_out else ():
        told = {"worth": row.value_share, "from": row.value_share_low, "to": row.value_share_high}
        fields.append(Field(N_("Held-out gain"), Text(message, _estimate(row) | told)))
    none = [] if stands_out else [Field(APART, Text(N_("no trait sets ideal customers apart by more than chance")))]
    fields += _traits(traits, most) or none
    return [Page(Text(N_("Ideal customer profile")), name, tuple(fields))]


def vulnerable(shares: pd.DataFrame, ranks: pd.DataFrame, needs: pd.DataFrame, served: pd.DataFrame) -> list[Page]:
    """The page of customers who may need particular care; none where nothing is a sign of it.

    Parameters
    ----------
    shares, ranks, needs, served : DataFrame
        As a page shows them: from `vulnerable.counts`, `vulnerable.rules`, `vulnerable.needs`, `vulnerable.parity`.
    """
    if not len(shares):
        return []
    named = shown(shares).drop_duplicates(["n", "base"])  # one sign is also any
    fields = [Field(row.driver, _share(row, Text("{x:label}", {"x": row.indicator}))) for row in named.itertuples()]
    for row in shown(ranks[ranks["criterion"] != NONE]).itertuples():
        values = {"rank": row.rank, "rule": row.criterion, "n": row.n}
        fields.append(Field(N_("Priority"), Text(N_("{rank:count}. {rule:label} (n = {n:count})"), values), DERIVED))
    for row in shown(needs[needs["group"] == ANY]).itertuples():
        message = N_(
            "in a way with a person: {share:share} against {rest:share} of the others, {ratio:ratio} times as often "
            "({low:ratio} to {high:ratio}, n = {n:count})"
        )
        values = {"share": row.share, "rest": row.share_rest, "ratio": row.ratio, "low": row.ratio_low}
        fields.append(Field(row.evidence, Text(message, values | {"high": row.ratio_high, "n": row.base})))
    fields += [Field(row.metric, _served(row)) for row in shown(served[served["group"] == ANY]).itertuples()]
    name = Text(N_("Customers with a permitted sign of vulnerability"))
    return [Page(Text(N_("Vulnerable customers")), name, tuple(fields))]


def limits(segments: pd.DataFrame) -> list[Limit]:
    """That there are no segments to describe."""
    if len(segments):
        return []
    return [Limit(N_("Segments and personas: no segments were formed"), needs=NEEDS["transactions"])]


def _numbered(card: Persona) -> Text:
    return Text(N_("Segment {segment:count}: {name:label}"), {"segment": card.segment, "name": card.name})


def _size(row: pd.Series) -> Field:
    missing = Text(N_("too few to show"))
    return Field(N_("Size"), Text(_SHARE, _estimate(row, n=row["n"])) if known(row, "share") else missing)


def _route(row: pd.Series | None) -> list[Field]:
    if not known(row, "share") or not known(row, "first_channel"):
        return []
    fields = [Field(N_("First channel"), Text(_OF_VALUE, _estimate(row) | {"value": row["first_channel"]}))]
    if known(row, "then_channel"):
        then = {"value": row["then_channel"], "n": row["then_n"], "base": row["then_base"]}
        fields.append(Field(N_("Then"), Text(N_("{value:value} (n = {n:count} of {base:count})"), then)))
    return fields


def _traits(table: pd.DataFrame, most: int) -> list[Field]:
    """The strongest established traits, one of each attribute."""
    rows = shown(table[table["claim"].fillna(False).astype(bool) & table["index"].gt(100)])
    rows = rows.sort_values(["effect", "attribute", "value"], ascending=[False, True, True], kind="stable")
    rows = rows.drop_duplicates("attribute").head(most)
    rows = rows.drop(columns="n", errors="ignore").rename(columns={"share_rest": "rest", "base": "n"})
    return [Field(APART, Text(_TRAIT, {name: row[name] for name in _OF_TRAIT})) for _, row in rows.iterrows()]


def _estimate(row: Any, name: str = "share", n: object = None) -> dict[str, object]:
    """An estimate with its interval and its n, by default its base."""
    of = row if isinstance(row, pd.Series) else pd.Series(row._asdict())
    n = of["base"] if n is None else n
    return {name: of[name], "low": of[f"{name}_low"], "high": of[f"{name}_high"], "n": n}


def _share(row: Any, value: str | Text = "", n: object = None) -> Text:
    """How many have a value, by default the row's own."""
    return Text(_OF_VALUE, _estimate(row, n=n) | {"value": value or row.value})


def _served(row: Any) -> Text:
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
    message = N_(
        "{name:label} is made up and stands for this segment ({segment:label}). Nobody in the data is this person, and "
        "no customer of the segment need be like it in every point."
    )
    return Text(message, {"name": card.given_name, "segment": card.name})


def _of(table: pd.DataFrame, segment: int) -> pd.DataFrame:
    """Rows of a segment; none where there is no table."""
    return table[table["segment"] == segment]


def row_of(table: pd.DataFrame, segment: int) -> pd.Series | None:
    """The row of a segment, if it has one."""
    rows = _of(table, segment)
    return rows.iloc[0] if len(rows) else None


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose numbers are not hidden."""
    return table[~table["suppressed"].astype(bool)]


def known(row: pd.Series | None, name: str) -> TypeGuard[pd.Series]:
    """Whether a row has a value that may be shown."""
    return row is not None and name in row and bool(pd.notna(row[name]))
