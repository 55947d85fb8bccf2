"""What is known of one customer, for a conversation: who they are, what they did, said and need, what they are worth.

Each function takes the rows of one customer and gives a section; none of it is ever part of a published report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...errors import InputRejected
from ...messages import N_, Text

TABLES = {
    "profile": ("customer_no",),
    "identities": ("customer_no", "pseudonym", "customer_id"),
    "provenance": ("customer_no", "field", "source", "reason"),
    "comment_themes": ("customer_no", "theme"),
    "ticket_themes": ("customer_no", "theme"),
    "priorities": ("customer_no", "priority", "rule"),
    "rfm": ("customer_no", "segment"),
    "segments": ("customer_no", "segment"),
    "ideal_fit": ("customer_no", "tenth"),
    "predicted_value": ("customer_no",),
    "routing": ("segment", "first_channel"),
}
"""Tables of a run that a brief is made of, with the columns it needs."""

DID = ("orders", "spend", "basket_value", "last_order_at", "recency_days", "top_category", "main_order_channel")
SAID = ("nps_score", "csat_score", "stars_score", "answers", "comments")
NEEDED = ("tickets", "open_tickets", "reopened_tickets", "resolution_hours")
FORESEEN = (
    *("expected_spend", "clv", "expected_orders", "expected_months", "p_alive", "p_churn"),
    *("next_offer", "next_offer_reason", "next_offer_after", "next_repeat"),
)
DERIVED, READ = Text(N_("derived by the report")), Text(N_("read from the texts by the report"))
NOT_SHOWN = {"customer_id", "customer_no", "consent", "sources", "latitude", "longitude", "postal_code", "city"}
"""Of who somebody is: what identifies a customer on its own is told only where a name is asked for."""


@dataclass(frozen=True)
class Line:
    """One thing that is known.

    Parameters
    ----------
    label : str or Text
        Column of the profile, or a heading.
    value : object
        What the column holds, one text, or several.
    origin : Text, optional
        Where it comes from, and why that source was believed.
    """

    label: str | Text
    value: Any
    origin: Text | None = None


@dataclass(frozen=True)
class Section:
    """What is known of one side of a customer; without lines nothing is."""

    heading: Text
    lines: tuple[Line, ...] = ()


def find(identities: pd.DataFrame, pseudonym: str) -> int:
    """Number of the customer to whom an account belongs.

    Parameters
    ----------
    identities : DataFrame
        ``pseudonym, customer_id, customer_no`` of every account of a run.
    pseudonym : str
        A customer_id of the run, or the pseudonym of one of the accounts.

    Raises
    ------
    InputRejected
        If the run does not know it; it may be of somebody who objects or was erased.
    """
    known = identities[(identities["pseudonym"] == pseudonym) | (identities["customer_id"] == pseudonym)]
    if known.empty:
        raise InputRejected(
            "the last run does not know this customer: check the id and its system; people who object or were erased "
            "are in no run"
        )
    return int(known["customer_no"].iloc[0])


def sections(tables: Mapping[str, pd.DataFrame], customer_no: int, attributes: Sequence[str]) -> list[Section]:
    """All sections of the brief of a customer, from the tables of `TABLES`."""
    mine = {name: rows[rows["customer_no"] == customer_no] for name, rows in tables.items() if "customer_no" in rows}
    routes = tables["routing"][tables["routing"]["segment"].isin(mine["segments"]["segment"])]
    return [
        who(mine["profile"], mine["provenance"], attributes),
        bought(mine["profile"]),
        said(mine["profile"], mine["comment_themes"]["theme"].value_counts()),
        needed(mine["profile"], mine["ticket_themes"]["theme"].value_counts(), mine["priorities"]),
        worth(
            tables["profile"],
            mine["profile"],
            mine["rfm"],
            mine["segments"],
            mine["ideal_fit"],
            mine["predicted_value"],
        ),
        next_contact(mine["profile"], routes),
    ]


def who(profile: pd.DataFrame, provenance: pd.DataFrame, attributes: Sequence[str]) -> Section:
    """Who they are: the attributes, each with the source that was believed and why.

    Parameters
    ----------
    profile, provenance : DataFrame
        Rows of the customer.
    attributes : sequence of str
        Columns of the profile that say who a customer is.
    """
    names = [name for name in attributes if name not in NOT_SHOWN]
    believed = {
        row.field: Text("{source}: {reason:label}", {"source": row.source, "reason": row.reason})
        for row in provenance.itertuples()
    }
    return Section(Text(N_("Who")), _known(profile, names, dict.fromkeys(names, DERIVED) | believed))


def bought(profile: pd.DataFrame) -> Section:
    """What they bought."""
    return Section(Text(N_("Bought")), _known(profile, DID, _counted("transactions", DID)))


def said(profile: pd.DataFrame, themes: pd.Series) -> Section:
    """What they said: scores, and how often they wrote about which theme."""
    return Section(Text(N_("Said")), (*_known(profile, SAID, _counted("feedback", SAID)), *_wrote(themes)))


def needed(profile: pd.DataFrame, themes: pd.Series, priorities: pd.DataFrame) -> Section:
    """What they needed: cases, what these were about, and whether they are to be looked after first."""
    first = [
        Line(
            Text(N_("Priority")), Text("{rank:count}. {rule:label}", {"rank": row.priority, "rule": row.rule}), DERIVED
        )
        for row in priorities.itertuples()
    ]
    cases = _known(profile, NEEDED, _counted("tickets", NEEDED))
    return Section(Text(N_("Needed")), (*cases, *_wrote(themes), *first))


def worth(
    everybody: pd.DataFrame,
    profile: pd.DataFrame,
    rfm: pd.DataFrame,
    segments: pd.DataFrame,
    ideal_fit: pd.DataFrame,
    predicted: pd.DataFrame,
) -> Section:
    """What they are worth beside all others, what is foreseen of them, and the segments they are in.

    Parameters
    ----------
    everybody : DataFrame
        The whole profile.
    profile, rfm, segments, ideal_fit, predicted : DataFrame
        Rows of the customer.
    """
    lines: list[Line] = []
    for spend in profile["spend"].dropna() if "spend" in profile else ():
        share = float((everybody["spend"] <= spend).mean())
        told = Text(N_("as much as {share:share} of customers or more"), {"share": share})
        lines.append(Line("spend", told, _counted("transactions", ["spend"])["spend"]))
    on = [Text(N_("foreseen on {day:day}"), {"day": day}) for day in predicted.get("foreseen_on", ())]
    lines += _known(predicted, FORESEEN, dict.fromkeys(FORESEEN, on[0] if on else DERIVED))
    headings = Text(N_("Segment by recency, frequency and value")), Text(N_("Segment"))
    for heading, found in zip(headings, (rfm, segments), strict=True):
        lines += [Line(heading, Text("{name:label}", {"name": value}), DERIVED) for value in found["segment"]]
    tenth, heading = ideal_fit["tenth"].dropna(), Text(N_("Fit with the ideal customer, tenth"))
    lines += [Line(heading, Text("{value:count}", {"value": value}), DERIVED) for value in tenth]
    return Section(Text(N_("Worth")), tuple(lines))


def next_contact(profile: pd.DataFrame, routes: pd.DataFrame) -> Section:
    """The channel the customer asks for; else the first of their segment, said to be so.

    Parameters
    ----------
    profile : DataFrame
        Row of the customer.
    routes : DataFrame
        ``first_channel`` of the customer's segment.
    """
    heading, channel = Text(N_("Next contact")), Text(N_("Channel"))
    asked = profile["preferred_channel"].dropna() if "preferred_channel" in profile else ()
    origin = Text(N_("asked for by the customer") if len(asked) else N_("most asked for in the segment"))
    found = asked if len(asked) else routes["first_channel"].dropna()
    lines = [Line(channel, Text("{name:label}", {"name": value}), origin) for value in found]
    return Section(heading, tuple(lines))


def named(people: pd.DataFrame) -> Section:
    """What the company's own systems call a customer; only where somebody asked for it.

    Parameters
    ----------
    people : DataFrame
        ``space, raw_id`` and what names them, a row for each record: `raw_ids.people_of`.
    """
    rows = people.drop(columns="space").astype("object").agg(lambda row: " · ".join(map(str, row.dropna())), axis=1)
    lines = [
        Line(Text("{space}", {"space": space}), Text("{known}", {"known": known}))
        for space, known in zip(people["space"], rows, strict=True)
    ]
    return Section(Text(N_("Name and addresses")), tuple(lines))


def _known(profile: pd.DataFrame, names: Iterable[str], origins: Mapping[str, Text]) -> tuple[Line, ...]:
    """The columns that are known of the customer."""
    known = profile[[name for name in names if name in profile]].dropna(axis="columns").head(1)
    return tuple(Line(name, known[name].iloc[0], origins.get(name)) for name in known if len(known))


def _counted(table: str, names: Iterable[str]) -> dict[str, Text]:
    """The table that columns were counted from, as their origin."""
    return dict.fromkeys(names, Text(N_("counted from: {table:label}"), {"table": table}))


def _wrote(themes: pd.Series) -> list[Line]:
    """What texts were about, most frequent first; ``theme`` to how many."""
    ordered = sorted(themes.items(), key=lambda pair: (-pair[1], pair[0]))
    named = tuple(Text("{theme:label} ({n:count})", {"theme": theme, "n": int(n)}) for theme, n in ordered)
    return [Line(Text(N_("Wrote about")), named, READ)] if named else []
