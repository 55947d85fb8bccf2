"""A segment on one page: what it is worth beside all customers, what sets it apart, and what follows for those who
sell to it.

All numbers are read from tables as a page shows them (`Chapter.guarded`); the advice follows from them by rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ...codes import OTHER, is_mixed
from ...messages import N_, Text, is_missing
from ...results import Disclosure, Result
from ...text import quotes
from ...text.themes import discovery
from .. import kpis
from ..kpi_definitions import KPIS, YEAR
from ..pain_points.observations import KINDS
from ..segments import naming, personas
from ..segments import rules as rules_of
from ..segments.personas import DERIVED, Persona
from .templates import Field, Figure, Page, known, row_of, shown

TRAITS = 3
FEW = 0.05
"""A problem that fewer meet is none of the segment."""
COMMON = 0.3
"""A category or an interest that so many share is worth an offer."""
OFFERED = ("top_category", "interests")
ASKED = "preferred_channel"
FULL_PRICE = 0.5
"""Of the usual discounts; who takes less buys at full price."""
PER_HEAD = {"sales": ("money", N_("Sales per customer")), "buyers": ("share", N_("Customers who bought"))}
"""Totals that are compared by customer: how they are written and called."""
COLUMNS = ["segment", "kpi", "label", "kind", "value", "whole", "before", "n", "n_before"]

_IN = N_("{n:count} customers: {share:in} of all.")
_WORTH = N_("{n:count} customers: {share:in} of all, {spend_share:part} of spend.")
_TRAIT = N_("{attribute:label}: {value:value} – {share:in}, of the others {rest:in}")
_PAIN = N_("{pain:value}: {share:in}, of the others {rest:in}")
_ALIKE = N_("{pain:value}: {share:in}, no more than elsewhere")
_OFFER = N_("{value:value} – {attribute:label} of {share:in}")
_FULL_PRICE = N_("offer discounts: they buy at full price ({share:part} off, all customers {rest:part})")
_AVOIDED = N_("count on “{value:value}”: {share:in} ask for it, of the others {rest:in}")
_FOUND = N_("{rule:capital} – finds {recall:part} of them; {precision:part} of those found belong here")


def key_figures(
    profile: pd.DataFrame,
    labels: pd.Series,
    months: kpis.Months,
    as_of: date,
    outcome: Any = None,
    worth: str | None = None,
) -> Result:
    """Key figures of each segment beside those of all customers and those of the year before.

    Parameters
    ----------
    profile : DataFrame
    labels : Series
        Segment of each customer, same index.
    months : mapping of str to Monthly
        From `kpis.by_month`.
    as_of : date
    outcome, worth
        See `kpis.on_file`, which tells of customers without a history.

    Returns
    -------
    Result
        ``segment, kpi, label, kind, value, whole`` (all customers)``, before, n, n_before``. They look back
        over 12 months, or over as many as there are; totals are per customer. Without a year before, ``before`` is
        missing.
    """
    names = [name for name in kpis.known(months, as_of) if KPIS[name].up]
    rows = [row for name in names for row in _moved(name, profile, labels, months, as_of)]
    rows = rows or list(_standing(profile, labels, outcome, worth))
    table = pd.DataFrame(rows, columns=COLUMNS)
    rule = Disclosure(within=("kpi",), also=("n_before",))
    return Result("segment_kpis", table, Text(N_("Key figures of each segment")), rule)


def pains(profile: pd.DataFrame, labels: pd.Series, met: pd.DataFrame) -> Result:
    """How many customers of each segment met each problem, beside all others.

    Parameters
    ----------
    met : DataFrame
        ``customer_no, pain, evidence``. Told is what customers write about, else the reasons that they state, else what
        only their behaviour shows.
    """
    named = met[~met["pain"].map(is_mixed).astype(bool) & (met["pain"] != OTHER)]
    kinds = [named[named["evidence"] == kind] for kind in KINDS]
    told = next((each for each in kinds if len(each)), named)
    hit = pd.crosstab(told["customer_no"], told["pain"]).reindex(profile["customer_no"], fill_value=0) > 0
    return personas.traits(hit.set_axis(profile.index).astype("str").astype("object"), labels)


def pages(
    cards: Sequence[Persona],
    figures: pd.DataFrame,
    sizes: pd.DataFrame,
    traits: pd.DataFrame,
    hurt: pd.DataFrame,
    routes: pd.DataFrame,
    rules: pd.DataFrame,
    said: Mapping[int, str],
) -> list[Page]:
    """A page for each segment.

    Parameters
    ----------
    cards : sequence of Persona
        From `personas.personas`.
    figures, sizes, traits, hurt, routes, rules : DataFrame
        As a page shows them: from `key_figures`, `templates.of_segments` and `pains`.
    said : mapping of int to str
        From `voices`.
    """
    usual = _usual_discount(sizes)
    return [
        Page(
            Text(N_("Segment profile")),
            card.name,
            (
                *_apart(_of(traits, card.segment)),
                *_hurts(_of(hurt, card.segment), said.get(card.segment, "")),
            ),
            advice=(
                *_advice(_of(traits, card.segment), row_of(sizes, card.segment), row_of(routes, card.segment), usual),
                *_rule(row_of(rules, card.segment)),
            ),
            lead=_lead(row_of(sizes, card.segment)),
            figures=tuple(_figure(row) for row in shown(_of(figures, card.segment)).itertuples()),
            segment=card.segment,
        )
        for card in cards
    ]


def top_pain(hurt: pd.DataFrame, segment: int) -> str:
    """The problem that a segment meets most beyond the others, else the most frequent one; empty without any."""
    return next((str(row.attribute) for row in _worst(_of(hurt, segment)).itertuples()), "")


def voices(
    tickets: pd.DataFrame,
    themes: pd.DataFrame,
    customers: pd.Series,
    labels: pd.Series,
    worst: Mapping[int, str],
    allowed: bool,
    least: int,
) -> dict[int, str]:
    """What a customer of each segment wrote of its `worst` problem, chosen and redacted as all quotes are.

    Parameters
    ----------
    tickets, themes : DataFrame
        Texts, and ``row, customer_no, theme, weight``.
    customers, labels : Series
        Number and segment of each customer.
    worst : mapping of int to str
        By segment, see `top_pain`.
    allowed, least
        See `quotes.choose`.
    """
    if not allowed:
        return {}
    texts, own = discovery.texts_of(tickets), themes["customer_no"].map(pd.Series(labels.to_numpy(), customers))
    said = {of: themes[own.eq(of) & themes["theme"].eq(pain)] for of, pain in worst.items()}
    found = {of: quotes.choose(texts, rows, None, allowed, 1, least)["quote"] for of, rows in said.items()}
    return {of: str(quoted.iloc[0]) for of, quoted in found.items() if len(quoted)}


def _moved(
    name: str, profile: pd.DataFrame, labels: pd.Series, months: kpis.Months, as_of: date
) -> Iterator[dict[str, Any]]:
    """A key figure of each segment over the last 12 months, and over the 12 before."""
    last = kpis.period(name, months, as_of)[1]
    span = min(YEAR, covered := kpis.covered(name, months, last))
    now = kpis.ratio(name, months, last - span + 1, last)
    before = kpis.ratio(name, months, last - span + 1 - YEAR, last - YEAR)
    both = now.join(before.add_suffix("_before"), how="outer").fillna(0.0)
    both = both[both.index.isin(profile["customer_no"])]
    kind, label = PER_HEAD.get(name, (KPIS[name].kind, KPIS[name].label))
    total = both.sum()
    whole = total["top"] / total.get("bottom", len(profile)) if len(both) else np.nan
    compared = not kpis.too_young(covered, span + YEAR)
    counts = ["bottom", "bottom_before"] if "bottom" in both else ["top", "top_before"]
    for segment, part in both.groupby(pd.Series(labels.to_numpy(), profile["customer_no"]).reindex(both.index)):
        n, n_before = ((part[column] > 0).sum() for column in counts)
        told = part.sum() / (1 if "bottom" in part else (labels == segment).sum())
        row = {"segment": segment, "kpi": name, "label": label, "kind": kind, "whole": whole, "n": n}
        row |= {"value": told["top"] / told.get("bottom", 1.0), "before": np.nan, "n_before": n}
        if compared and n_before:
            row |= {"before": told["top_before"] / told.get("bottom_before", 1.0), "n_before": n_before}
        yield row


def _standing(profile: pd.DataFrame, labels: pd.Series, outcome: Any, worth: str | None) -> Iterator[dict[str, Any]]:
    """Who has the outcome in each segment, and what a customer of it is worth."""
    own_outcome = outcome if outcome is not None and outcome.column in profile else None
    all_of_them = kpis.on_file(profile, own_outcome, worth).set_index("kpi")["value"]
    for segment, part in profile.groupby(labels):
        for row in kpis.on_file(part, own_outcome, worth).query("kpi != 'customers'").to_dict("records"):
            each, of = (len(part), len(profile)) if row["kind"] == "money" else (1, 1)
            told = {"segment": segment, "value": row["value"] / each, "whole": all_of_them[row["kpi"]] / of}
            label = KPIS[row["kpi"]].label if is_missing(row["label"]) else row["label"]
            yield {"kpi": row["kpi"], "kind": row["kind"], "n": row["n"], "n_before": row["n"], "label": label} | told


def _lead(row: pd.Series | None) -> Text:
    if not known(row, "share"):
        return Text(N_("too few to show"))
    values = {"n": row["n"], "share": row["share"]}
    return (
        Text(_WORTH, values | {"spend_share": row["spend_share"]}) if known(row, "spend_share") else Text(_IN, values)
    )


def _figure(row: Any) -> Figure:
    written = f"{{x:{'part' if row.kind == 'share' else row.kind}}}"
    now, whole, before = (Text(written, {"x": value}) for value in (row.value, row.whole, row.before))
    return Figure(row.kpi, row.label, now, whole, before)


def _apart(rows: pd.DataFrame) -> list[Field]:
    """The strongest traits, one of each attribute."""
    rows = _more(rows)
    values = [{"attribute": r.attribute, "value": r.value, "share": r.share, "rest": r.share_rest} for r in rows]
    return [Field(N_("What sets them apart"), Text(_TRAIT, each)) for each in values[:TRAITS]]


def _more(rows: pd.DataFrame) -> list[Any]:
    """Traits that are more frequent here than among the others, the strongest first."""
    told = rows["claim"].fillna(False).astype(bool) | rows["formed_by"].fillna(False).astype(bool)
    rare = rows["share_rest"].le(naming.MAJORITY)  # what nearly everybody buys sets nobody apart
    rows = shown(rows[told & rare & rows["index"].gt(100) & rows["share"].ge(COMMON)])
    rows = rows[~rows["value"].isin([*personas.THIRDS, OTHER])].sort_values("effect", ascending=False, kind="stable")
    return list(rows.drop_duplicates("attribute").itertuples())


def _worst(rows: pd.DataFrame) -> pd.DataFrame:
    rows = shown(rows[rows["value"] == "True"])
    rows = rows.assign(beyond=rows["claim"].fillna(False).astype(bool) & rows["index"].gt(100))
    return rows[rows["share"].ge(FEW)].sort_values(["beyond", "share"], ascending=False, kind="stable").head(1)


def _hurts(rows: pd.DataFrame, quote: str) -> list[Field]:
    label = N_("What hurts them")
    said = [Field(label, Text("“{quote}”", {"quote": quote}), in_short=False)] if quote else []
    for row in _worst(rows).itertuples():
        told = Text(
            _PAIN if row.beyond else _ALIKE, {"pain": row.attribute, "share": row.share, "rest": row.share_rest}
        )
        said.insert(0, Field(label, told, in_short=bool(row.beyond)))
    return said


def _advice(traits: pd.DataFrame, size: pd.Series | None, route: pd.Series | None, usual: float) -> list[Field]:
    """What to offer, where to reach them, and what not to do, each only where a number speaks for it."""
    offers = {row.attribute: Text(_OFFER, row._asdict()) for row in _more(traits) if row.attribute in OFFERED}
    fields = [Field(N_("Offer"), offers[name], DERIVED) for name in OFFERED if name in offers][:1]
    if known(route, "first_channel") and known(route, "share"):
        then = {"first": route["first_channel"], "then": route.get("then_channel")}
        both = N_("{first:value} first, then {then:value}") if known(route, "then_channel") else "{first:value}"
        fields.append(Field(N_("Reach them by"), Text(both, then), DERIVED))
    avoided = []
    if known(size, "discount_share_high") and size["discount_share_high"] < FULL_PRICE * usual:
        avoided.append(Text(_FULL_PRICE, {"share": size["discount_share"], "rest": usual}))
    less = shown(traits[(traits["attribute"] == ASKED) & traits["claim"].fillna(False).astype(bool)])
    for row in less[less["index"] < 100].nsmallest(1, "index").itertuples():
        avoided.append(Text(_AVOIDED, {"value": row.value, "share": row.share, "rest": row.share_rest}))
    return [*fields, *(Field(N_("Do not"), text, DERIVED) for text in avoided)]


def _rule(row: pd.Series | None) -> list[Field]:
    if not (known(row, "precision") and known(row, "recall")):
        return []
    values = {
        "rule": rules_of.words(rules_of.parsed(row["rule"])),
        "recall": row["recall"],
        "precision": row["precision"],
    }
    return [Field(N_("Rule for the CRM"), Text(_FOUND, values), code=row["rule"])]


def _usual_discount(sizes: pd.DataFrame) -> float:
    """Mean share of discounts of all customers in segments; nought where it is not known."""
    if "discount_share" not in sizes:
        return 0.0
    told = sizes.dropna(subset=["discount_share", "n"])
    return (
        float(np.average(told["discount_share"].astype(float), weights=told["n"].astype(float))) if len(told) else 0.0
    )


def _of(table: pd.DataFrame, segment: int) -> pd.DataFrame:
    """Rows of a segment; none where there is no table."""
    return table[table["segment"] == segment]
