"""How the systems of the b2b demo company write their exports; see sheets.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from . import sheets
from .draws import MINUTES_PER_DAY, choose, some
from .plan import Plan, read_yaml

CODES = read_yaml("texts_b2b/codes.yaml")
YEARS = (2024, 2025)


def firm_sheets(rng: np.random.Generator, plan: Plan, made: dict[str, pd.DataFrame]) -> Iterator[sheets.Sheet]:
    """Each raw file about firms: its name, its rows, and the columns in which a cell may be broken."""
    times = sheets.Times(plan)
    erp, contacts = made["erp"], made["contact_rows"]
    yield "crm_firmen.csv", _accounts(times, made["crm"]), ("Kunde seit",)
    yield "crm_kontakte.csv", _contacts(contacts), ()
    yield "erp_debitoren.csv", _debtors(erp), ()
    debtor = erp.set_index("person")["erp_id"]
    for year in YEARS:
        day = made["lines"]["minute"] // MINUTES_PER_DAY
        split = plan.day(plan.as_of.replace(month=1, day=1))
        lines = made["lines"][day < split if year == YEARS[0] else day >= split]
        orders = sheets.order_sheet(times, lines, debtor, as_text=True, codes=CODES)
        orders = orders.rename(
            columns={"Kundenkonto": "Debitor", "Bestellnr": "Auftrag", "Bestellt am": "Auftragsdatum"}
        )
        yield f"bestellungen_{year}.csv", orders, ("Auftragsdatum", "Betrag")
    number = contacts.drop_duplicates("person").set_index("person")["contact_id"]
    yield "portal_events.jsonl", _visits(times, made["visits"], number), ()
    email = contacts.drop_duplicates("person").set_index("person")["email"]
    yield "mailings.csv", sheets.newsletter_sheet(times, made["letters"], email), ()
    yield "tickets.csv", _tickets(rng, plan, times, made, email), ()
    answers = sheets.answer_sheet(times, made["answers"], number).rename(columns={"Kundennr": "Kontakt"})
    yield "nps_umfrage.csv", answers, ("Datum", "Wert")


def _accounts(times: sheets.Times, crm: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Firmennr": crm["crm_id"],
            "Firma": crm["company"],
            "Branche": crm["industry"].map(CODES["industry"]).fillna(""),
            "Mitarbeiter": crm["employees"].astype(str),
            "Jahresumsatz": [thousands(euros) for euros in crm["revenue"]],
            "Straße": crm["street"],
            "PLZ": crm["postal_code"],
            "Ort": crm["city"],
            "Bundesland": crm["region"],
            "Telefon": crm["phone"],
            "Website": np.where(crm["domain"] != "", "www." + crm["domain"], ""),
            "Kunde seit": times.before(crm["signup"]).dt.strftime("%d.%m.%Y"),
            "Wunschkanal": crm["preferred_channel"].map(CODES["channel"]).fillna(""),
        }
    )


def _debtors(erp: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Debitor": erp["erp_id"],
            "Name1": erp["company"],
            "Strasse": erp["street"],
            "PLZ": erp["postal_code"],
            "Ort": erp["city"],
            "Land": "DE",
            "Rechnungsmail": erp["email"],
        }
    )


def _contacts(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Kontaktnr": rows["contact_id"],
            "Firmennr": rows["account_id"],
            "Firma": rows["company"],
            "Vorname": rows["given"],
            "Nachname": rows["surname"],
            "E-Mail": rows["email"],
            "PLZ": rows["postal_code"],
            "Ort": rows["city"],
            "Funktion": rows["role"].map(CODES["role"]),
            "Einwilligung": np.where(rows["consent"], "ja", "nein"),
        }
    )


def _visits(times: sheets.Times, visits: pd.DataFrame, number: pd.Series) -> pd.DataFrame:
    user = visits["person"].map(number).astype(object)
    return pd.DataFrame(
        {
            "ts": times.stamps(visits["minute"], visits["second"]).dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "platform": visits["channel"],
            "device": visitor_ids(visits),
            "user": user.where(visits["logged_in"], None),
            "action": visits["kind"],
            "item": visits["item"],
            "seconds": visits["seconds"],
        }
    )


def visitor_ids(visits: pd.DataFrame) -> list[str]:
    """Devices as the portal numbers them."""
    return [f"{number:08x}" for number in (visits["visitor"] * 2_654_435_761 % 2**32)]


def _tickets(
    rng: np.random.Generator, plan: Plan, times: sheets.Times, made: dict[str, pd.DataFrame], email: pd.Series
) -> pd.DataFrame:
    """Service cases; some senders write from an address of their company that nobody has on file."""
    rows = sheets.ticket_sheet(times, made["tickets"], email)
    firm = made["contacts"].set_index("person").loc[made["tickets"]["person"]]
    mailbox = choose(rng, read_yaml("texts/firms.yaml")["mailboxes"], len(rows)) + "@" + firm["domain"].to_numpy()
    stranger = some(rng, len(rows), plan["sources"]["stranger"]) & (firm["domain"] != "").to_numpy()
    return rows.assign(sender=np.where(stranger, mailbox, rows["sender"]))


def thousands(euros: Any) -> str:
    """Whole euros with the German thousands sign; empty if not known.

    >>> thousands(1250000), thousands("")
    ('1.250.000', '')
    """
    return "" if euros == "" else f"{int(euros):,}".replace(",", ".")
