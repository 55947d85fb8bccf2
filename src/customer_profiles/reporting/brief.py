"""What is known of one customer, on one page: for a conversation, never part of a published report.

The command line prints it as plain text, ``notebooks/one_customer.ipynb`` shows it; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from markupsafe import Markup
from pydantic import Field

from .. import paths
from ..errors import ConfigurationError, InputRejected
from ..ingest.config.dataset import Dataset, load_dataset
from ..messages import N_, Text
from ..params import Params
from ..tables import Tables
from .labels import column
from .language import NOTHING, Language, is_missing

DID = ("orders", "spend", "basket_value", "last_order_at", "recency_days", "top_category", "main_order_channel")
SAID = ("nps_score", "csat_score", "stars_score", "answers", "comments")
NEEDED = ("tickets", "open_tickets", "reopened_tickets", "resolution_hours")
DERIVED, READ = N_("derived by the report"), N_("read from the texts by the report")
NOT_SHOWN = {"customer_id", "customer_no", "consent", "sources", "latitude", "longitude", "postal_code", "city"}
"""Of who somebody is: what identifies a customer on its own is left to ``--identify``."""


@dataclass(frozen=True)
class Line:
    """One thing that is known.

    Parameters
    ----------
    label, value : str
        In the reader's language.
    origin : str
        Where it comes from, and why that source was believed.
    """

    label: str
    value: str
    origin: str = ""


Section = tuple[str, list[Line]]


class OneCustomer(Params):
    """Parameters of one_customer, the notebook that shows a brief."""

    customer: str = Field("", description=N_("pseudonym of the customer, or SPACE:ID with the id of one system"))
    identify: bool = Field(False, description=N_("show the name and the addresses, too"))


def last_run(dataset_yaml: str) -> tuple[Dataset, Tables, date]:
    """A data set, the tables of its last published run, and the day up to which its exports are read anew.

    Raises
    ------
    ConfigurationError
        If it has no published run yet.
    """
    dataset = load_dataset(paths.dataset_file(dataset_yaml))
    tables = Tables(paths.runs(dataset.file) / "latest")
    if not tables.has("profile"):
        raise ConfigurationError(f"{dataset.name} has no published run yet: run 'customer-profiles report' first")
    return dataset, tables, dataset.as_of or datetime.now(dataset.zone).date()


def of_customer(
    dataset: Dataset, tables: Tables, customer: str, language: Language, as_of: date, identify: bool = False
) -> list[Section]:
    """The brief of the customer whom a pseudonym or an id of one system names.

    Parameters
    ----------
    dataset : Dataset
    tables : Tables
        Of a published run.
    customer : str
        A pseudonym of the run, or ``SPACE:ID`` with the id of one system, which is kept nowhere.
    language : Language
    as_of : date
        Day up to which the exports are read for names.
    identify : bool
        Whether to say the name and the addresses.

    Raises
    ------
    InputRejected
        As in `find`.
    """
    from ..identity.pseudonyms import pseudonym, pseudonym_key
    from ..privacy.raw_ids import people_of

    space, colon, own = customer.partition(":")
    number = find(tables, pseudonym(pseudonym_key(dataset), space, own) if colon else customer)
    sections = brief(tables, number, list(dataset.attributes()), language)
    if identify:
        accounts = tables.read("identities").query("customer_no == @number")["pseudonym"]
        known = people_of(dataset, set(accounts), pseudonym_key(dataset), as_of)
        sections = [named(known, language), *sections]
    return sections


def show(namespace: dict[str, Any]) -> None:
    """Show the brief that the parameters of a notebook ask for, from its ``globals()``."""
    from IPython.display import HTML, display

    params = OneCustomer.from_notebook(namespace)
    dataset, tables, as_of = last_run(params.dataset)
    language = Language(params.language or dataset.language, dataset.currency, dataset.labels())
    sections = []
    if params.customer:
        sections = of_customer(dataset, tables, params.customer, language, as_of, params.identify)
    display(HTML(html(sections, language)))


def find(tables: Tables, pseudonym: str) -> int:
    """Number of the customer to whom an account belongs.

    Parameters
    ----------
    tables : Tables
        Of a published run.
    pseudonym : str
        A customer_id of the run, or the pseudonym of one of the accounts.

    Raises
    ------
    InputRejected
        If the run does not know it; it may be of somebody who objects or was erased.
    """
    identities = tables.read("identities")
    known = identities[(identities["pseudonym"] == pseudonym) | (identities["customer_id"] == pseudonym)]
    if known.empty:
        raise InputRejected(
            "the last run does not know this customer: check the id and its system; people who object or were erased "
            "are in no run"
        )
    return int(known["customer_no"].iloc[0])


def brief(tables: Tables, customer_no: int, attributes: list[str], language: Language) -> list[Section]:
    """Who a customer is, what they bought, said and need, what they are worth, and how to reach them next.

    Parameters
    ----------
    tables : Tables
        Of a published run.
    customer_no : int
        From `find`.
    attributes : list of str
        Columns of the profile that say who a customer is.
    language : Language

    Returns
    -------
    list of (str, list of Line)
        Sections with a heading; one without anything known says so with no lines.
    """
    profile = tables.read("profile")
    row = profile.loc[profile["customer_no"] == customer_no].iloc[0]
    who = [name for name in attributes if name not in NOT_SHOWN]
    believed = dict.fromkeys(who, language.translate(DERIVED)) | _believed(tables, customer_no, language)
    return [
        (language.translate(N_("Who")), _lines(row, who, language, believed)),
        (language.translate(N_("Bought")), _lines(row, DID, language, _from("transactions", DID, language))),
        (
            language.translate(N_("Said")),
            [
                *_lines(row, SAID, language, _from("feedback", SAID, language)),
                *_themes(tables, "comment_themes", customer_no, language),
            ],
        ),
        (
            language.translate(N_("Needed")),
            [
                *_lines(row, NEEDED, language, _from("tickets", NEEDED, language)),
                *_themes(tables, "ticket_themes", customer_no, language),
                *_priority(tables, customer_no, language),
            ],
        ),
        (language.translate(N_("Worth")), _worth(tables, profile, row, language)),
        (language.translate(N_("Next contact")), _next(tables, row, language)),
    ]


def named(people: pd.DataFrame, language: Language) -> Section:
    """What the company's own systems call a customer; only where somebody asked for it.

    Parameters
    ----------
    people : DataFrame
        From `raw_ids.people_of`.
    """
    lines = [
        Line(row.space, " · ".join(str(value) for value in row[2:] if not is_missing(value)))
        for row in people.itertuples(index=False)
    ]
    return language.translate(N_("Name and addresses")), lines


def text(sections: list[Section], language: Language) -> str:
    """The brief for a terminal."""
    parts = []
    for heading, lines in sections:
        said = [f"  {line.label}: {line.value}" + (f"  [{line.origin}]" if line.origin else "") for line in lines]
        parts.append("\n".join([heading, *(said or [f"  {language.translate(N_('nothing is known'))}"])]))
    return "\n\n".join(parts)


def html(sections: list[Section], language: Language) -> Markup:
    """The brief for a notebook; without sections, how to ask for one."""
    if not sections:
        asked = Text(N_("No customer was asked for: set the parameter customer to a pseudonym, or to SPACE:ID."))
        return Markup("<p>{}</p>").format(language.text(asked))
    parts = []
    for heading, lines in sections:
        rows = [
            Markup("<tr><th scope='row'>{}</th><td>{}</td><td><small>{}</small></td></tr>").format(
                line.label, line.value, line.origin
            )
            for line in lines
        ]
        nothing = Markup("<p>{}</p>").format(language.translate(N_("nothing is known")))
        said = Markup("<table>{}</table>").format(Markup("").join(rows)) if rows else nothing
        parts.append(Markup("<h3>{}</h3>{}").format(heading, said))
    return Markup("").join(parts)


def _from(table: str, names: Sequence[str], language: Language) -> dict[str, str]:
    """The table that fields were counted from, as their origin."""
    origin = language.text(Text(N_("counted from: {table:label}"), {"table": table}))
    return dict.fromkeys(names, origin)


def _priority(tables: Tables, customer_no: int, language: Language) -> list[Line]:
    """Whether the customer is to be looked after first, by the rules of chapter 08."""
    if not tables.has("priorities"):
        return []
    mine = tables.read("priorities").query("customer_no == @customer_no")
    heading, origin = language.translate(N_("Priority")), language.translate(DERIVED)
    return [Line(heading, f"{row.priority}. {language.label(row.rule)}", origin) for row in mine.itertuples()]


def _lines(
    row: pd.Series, names: Sequence[str], language: Language, believed: Mapping[str, str] | None = None
) -> list[Line]:
    known = [name for name in names if name in row and not is_missing(row[name])]
    return [
        Line(_label(name, language), _value(name, row[name], language), (believed or {}).get(name, ""))
        for name in known
    ]


def _label(name: str, language: Language) -> str:
    return language.label(name) if name in language.labels else language.translate(column(name).label)


def _value(name: str, value: object, language: Language) -> str:
    kind = column(name, numeric=isinstance(value, int | float)).kind
    return language.label(value) if kind in ("label", "text", "yes") else language.format(kind, value)


def _believed(tables: Tables, customer_no: int, language: Language) -> dict[str, str]:
    """Of each field, the source whose value is used and why."""
    if not tables.has("provenance"):
        return {}
    rows = tables.read("provenance").query("customer_no == @customer_no")
    return {row.field: f"{row.source}: {language.label(row.reason)}" for row in rows.itertuples()}


def _themes(tables: Tables, name: str, customer_no: int, language: Language) -> list[Line]:
    if not tables.has(name):
        return []
    rows = tables.read(name).query("customer_no == @customer_no")
    counts = rows["theme"].value_counts()
    ordered = sorted(counts.index, key=lambda theme: (-counts[theme], theme))
    named = ", ".join(f"{language.label(theme)} ({language.format('count', counts[theme])})" for theme in ordered)
    return [Line(language.translate(N_("Wrote about")), named, language.translate(READ))] if named else []


def _worth(tables: Tables, profile: pd.DataFrame, row: pd.Series, language: Language) -> list[Line]:
    lines = []
    if "spend" in profile and not is_missing(row["spend"]):
        above = float((profile["spend"] <= row["spend"]).mean())
        told = Text(N_("as much as {share:share} of customers or more"), {"share": above})
        origin = _from("transactions", ("spend",), language)["spend"]
        lines.append(Line(_label("spend", language), language.text(told), origin))
    derived = language.translate(DERIVED)
    for name, heading in (("rfm", N_("Segment by recency, frequency and value")), ("segments", N_("Segment"))):
        if tables.has(name):
            found = tables.read(name).query("customer_no == @row.customer_no")
            lines += [Line(language.translate(heading), language.label(value), derived) for value in found["segment"]]
    if tables.has("ideal_fit"):
        tenth = tables.read("ideal_fit").query("customer_no == @row.customer_no")["tenth"].dropna()
        heading = language.translate(N_("Fit with the ideal customer, tenth"))
        lines += [Line(heading, language.format("count", value), derived) for value in tenth]
    return lines


def _next(tables: Tables, row: pd.Series, language: Language) -> list[Line]:
    """The channel the customer asks for; else that of the segment, said to be so."""
    own = row.get("preferred_channel")
    channel = language.translate(N_("Channel"))
    if not is_missing(own):
        return [Line(channel, language.label(own), language.translate(N_("asked for by the customer")))]
    if tables.has("routing") and tables.has("segments"):
        segment = tables.read("segments").query("customer_no == @row.customer_no")["segment"]
        route = tables.read("routing")
        route = route.loc[route["segment"].isin(segment), "first_channel"].dropna()
        origin = language.translate(N_("most asked for in the segment"))
        return [Line(channel, language.label(value), origin) for value in route]
    return [Line(channel, NOTHING)]
