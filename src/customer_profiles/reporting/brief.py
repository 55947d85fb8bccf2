"""The brief of one customer as text and as HTML: for a conversation, never part of a published report.

The command line prints it as plain text, ``notebooks/one_customer.ipynb`` shows it; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup

from .. import paths
from ..errors import ConfigurationError
from ..ingest.config.dataset import Dataset, load_dataset
from ..messages import N_, Text
from ..privacy import rare
from ..tables import Tables
from .labels import column
from .language import Language

if TYPE_CHECKING:
    from ..analysis.profiles.brief import Line, Section


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


def read(run: Tables, wanted: Mapping[str, Sequence[str]]) -> dict[str, pd.DataFrame]:
    """Tables of a run by name; one that the run has not made is empty, with the columns that are wanted of it.

    The profile has all that is known of each customer, also what no page may tell.
    """
    tables = {
        name: run.read(name) if run.has(name) else pd.DataFrame(columns=list(columns))
        for name, columns in wanted.items()
    }
    return tables | ({"profile": rare.own_profile(run)} if "profile" in wanted else {})


def account(dataset: Dataset, customer: str) -> str:
    """The pseudonym of somebody who is named by it, or by ``SPACE:ID`` with the id of one system, kept nowhere."""
    from ..identity.pseudonyms import pseudonym, pseudonym_key

    space, colon, own = customer.partition(":")
    return pseudonym(pseudonym_key(dataset), space, own) if colon else customer


def people(dataset: Dataset, accounts: Collection[str], as_of: date) -> pd.DataFrame:
    """What the company's own systems call somebody, read from the exports anew, see `raw_ids.people_of`."""
    from ..identity.pseudonyms import pseudonym_key
    from ..privacy.raw_ids import people_of

    return people_of(dataset, set(accounts), pseudonym_key(dataset), as_of)


def text(sections: Sequence[Section], language: Language) -> str:
    """The brief for a terminal."""
    nothing = language.translate(N_("nothing is known"))
    parts = []
    for section in sections:
        said = [_said(line, language) for line in section.lines]
        lines = [f"  {label}: {value}" + (f"  [{origin}]" if origin else "") for label, value, origin in said]
        parts.append("\n".join([language.text(section.heading), *(lines or [f"  {nothing}"])]))
    return "\n\n".join(parts)


def html(sections: Sequence[Section], language: Language) -> Markup:
    """The brief for a notebook; without sections, how to ask for one."""
    if not sections:
        asked = Text(N_("No customer was asked for: set the parameter customer to a pseudonym, or to SPACE:ID."))
        return Markup("<p>{}</p>").format(language.text(asked))
    row = Markup("<tr><th scope='row'>{}</th><td>{}</td><td><small>{}</small></td></tr>")
    nothing = Markup("<p>{}</p>").format(language.translate(N_("nothing is known")))
    parts = []
    for section in sections:
        rows = Markup("").join(row.format(*_said(line, language)) for line in section.lines)
        said = Markup("<table>{}</table>").format(rows) if rows else nothing
        parts.append(Markup("<h3>{}</h3>{}").format(language.text(section.heading), said))
    return Markup("").join(parts)


def _said(line: Line, language: Language) -> tuple[str, str, str]:
    """Label, value and origin of a line in the reader's language."""
    name = "" if isinstance(line.label, Text) else line.label
    label = language.text(line.label) if isinstance(line.label, Text) else language.heading(name)
    origin = language.text(line.origin) if line.origin else ""
    return label, _value(name, line.value, language), origin


def _value(name: str, value: object, language: Language) -> str:
    """A value of a column as its kind is written, or what texts say."""
    if isinstance(value, Text | tuple):
        return ", ".join(language.text(part) for part in (value if isinstance(value, tuple) else [value]))
    kind = column(name, numeric=isinstance(value, int | float)).kind
    return language.value(value) if kind in ("label", "value", "text", "yes") else language.format(kind, value)
