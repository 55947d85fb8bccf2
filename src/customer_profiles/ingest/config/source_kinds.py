"""The kinds of systems a company may have: which of them feed the profiles, what each covers, what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import get_args

import pandas as pd

from ...messages import N_
from .. import contract
from .dataset import Dataset, Source, System

GAIN: dict[str, str] = {
    "crm": N_("who the customers are: age, place, household, consent (chapters 2 and 5)"),
    "shop": N_("what customers buy and are worth (chapters 2 and 5)"),
    "web_analytics": N_("what customers look for on the website and where they leave (chapter 3)"),
    "app_analytics": N_("how customers use the app and where they get stuck (chapter 3)"),
    "email": N_("how customers respond to mailings (chapters 2 and 5)"),
    "social": N_("what is said in public (chapter 4)"),
    "service_desk": N_("what customers ask for help with (chapter 3)"),
    "survey": N_("how satisfied customers are, and why (chapter 4)"),
    "review": N_("what customers praise and criticise about products (chapter 4)"),
    "nps_ces": N_("whether customers would recommend the company, and how much effort it costs them (chapter 4)"),
    "market_research": N_("how customers differ from the population (chapter 2)"),
    "internal_database": N_("launches, outages and price changes that changes over time are set against (chapter 4)"),
    "external_database": N_("customers per inhabitant and what their areas are like (chapter 2)"),
}
"""What each kind of system would let the report tell."""

# German headings of exports by the column of the contract that they probably are; English ones are like its name.
_GERMAN = {
    "geburtsdatum": "birth_date",
    "geschlecht": "gender",
    "anrede": "gender",
    "alter": "age",
    "einkommen": "income",
    "bildung": "education",
    "schulabschluss": "education",
    "familienstand": "marital_status",
    "haushaltsgröße": "household_size",
    "kinder": "children",
    "beruf": "occupation",
    "land": "country",
    "bundesland": "region",
    "plz": "postal_code",
    "ort": "city",
    "stadt": "city",
    "firma": "company",
    "branche": "industry",
    "mitarbeiter": "employees",
    "umsatz": "revenue",
    "interessen": "interests",
    "kunde seit": "signup_date",
    "geändert am": "updated_at",
    "letzte änderung": "updated_at",
    "einwilligung": "consent",
    "telefon": "phone",
    "straße": "street",
    "vorname": "first_name",
    "nachname": "last_name",
    "warengruppe": "category",
    "kategorie": "category",
    "menge": "quantity",
    "rabatt": "discount",
    "kanal": "channel",
    "bestellnummer": "order_id",
    "artikelnummer": "product_id",
    "dauer": "duration_s",
    "sprache": "language",
    "erledigt am": "closed_at",
    "lösung": "resolution",
    "kontrollgruppe": "control_group",
}
_ALIKE = 0.85
# Columns of which one makes the others unnecessary, and those that do not concern persons or companies.
_EITHER = (
    ("name", "last_name"),
    ("name", "first_name"),
    ("birth_date", "age", "age_band"),
    ("income", "income_band"),
    ("employees", "employees_band"),
    ("revenue", "revenue_band"),
    ("responded", "responded_at"),
    ("share", "count"),
)
_OF_COMPANIES = frozenset({"company", "domain", "industry", "employees", "employees_band", "revenue", "revenue_band"})
_OF_PERSONS = frozenset(
    [
        *("name", "first_name", "last_name", "birth_date", "age", "age_band", "gender", "income", "income_band"),
        *(
            "education",
            "marital_status",
            "household_size",
            "children",
            "occupation",
            "interests",
            "values",
            "lifestyle",
        ),
    ]
)
_NOT_OF = {"b2c": _OF_COMPANIES, "b2b": _OF_PERSONS}


def kinds(dataset: Dataset, inventory: pd.DataFrame) -> pd.DataFrame:
    """The thirteen kinds of systems, those that are there first.

    Parameters
    ----------
    dataset : Dataset
        Its sources.
    inventory : DataFrame
        As `ledger.inventory` returns it.

    Returns
    -------
    DataFrame
        system, sources (how many), rows, first, last, keys (what ties them to customers), coverage (the highest share
        of customers that one of its sources knows), gain (what a missing kind would tell; empty if it is there).
    """
    rows = []
    for system in get_args(System):
        mine = [source for source in dataset.sources if source.system == system]
        known = inventory[inventory.source.isin([source.name for source in mine])]
        rows.append(
            {
                "system": system,
                "sources": len(mine),
                "rows": int(known["rows"].sum()),
                "first": known["first"].min(),
                "last": known["last"].max(),
                "keys": ", ".join(dict.fromkeys(key for source in mine for key in _keys(source))),
                "coverage": known.coverage[known.table.isin(["customers", *contract.OF_CUSTOMERS])].max(),
                "gain": "" if mine else GAIN[system],
            }
        )
    table = pd.DataFrame(rows).astype({"first": "datetime64[us]", "last": "datetime64[us]", "coverage": "float64"})
    return table.sort_values("sources", ascending=False, kind="stable", ignore_index=True)


def gaps(dataset: Dataset, headers: Mapping[str, list[str]]) -> pd.DataFrame:
    """Columns of the contract that a source could fill but does not.

    Parameters
    ----------
    dataset : Dataset
    headers : mapping
        From source to the columns of its files.

    Returns
    -------
    DataFrame
        source, table, field, found (column of the export that looks like it, empty if none does), elsewhere (whether
        another source fills it); first those with such a column, then those nobody fills.
    """
    rows = []
    for source in dataset.sources:
        read = {name for column in source.mapped.values() for name in column.reads}
        unread = [name for name in headers.get(source.name, []) if name not in read]
        meant = {field: name for name in reversed(unread) if (field := _meant(name, source))}
        others = [other for other in dataset.filled(source.table) if other is not source]
        elsewhere = {name for other in others for name in other.mapped}
        for name in contract.TABLES[source.table]:
            same = {name}.union(*(group for group in _EITHER if name in group))
            if not same & set(source.mapped) and name not in _NOT_OF[dataset.kind]:
                if name == "customer_id" and source.key:
                    continue
                rows.append((source.name, source.table, name, meant.get(name, ""), name in elsewhere))
    table = pd.DataFrame(rows, columns=["source", "table", "field", "found", "elsewhere"])
    table = table.astype(dict.fromkeys(("source", "table", "field", "found"), "str") | {"elsewhere": "bool"})
    order = table.assign(nothing=table.found == "").sort_values(["nothing", "elsewhere"], kind="stable")
    return order.drop(columns="nothing").reset_index(drop=True)


def _keys(source: Source) -> list[str]:
    """What ties the rows of a source to customers: name spaces of ids, addresses."""
    found = [source.ids] if {"customer_id", "contact_id"} & set(source.columns) else []
    contacts = ("email", "phone") if source.table in ("customers", "contacts") else (source.key,)
    return [*found, *(name for name in contacts if name and name in source.columns)]


def _meant(heading: str, source: Source) -> str | None:
    """Column of the contract that a column of an export looks like."""
    plain = heading.strip().casefold().replace("_", " ").replace("-", " ")
    if plain in _GERMAN:
        return _GERMAN[plain] if _GERMAN[plain] in contract.TABLES[source.table] else None
    names = {name.replace("_", " "): name for name in contract.TABLES[source.table]}
    near = difflib.get_close_matches(plain, names, n=1, cutoff=_ALIKE)
    return names[near[0]] if near else None
