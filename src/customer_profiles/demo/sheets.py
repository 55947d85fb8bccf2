"""How each system writes its export: German headers, codes, dates and numbers, and a few honest defects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd

from .draws import MINUTES_PER_DAY
from .plan import Plan, moment, read_yaml

CODES = read_yaml("texts/codes.yaml")
NO_SUCH_DAYS = ("31.02.2024", "30.02.2025", "31.04.2025")
Sheet = tuple[str, pd.DataFrame, tuple[str, ...]]

ZONE = "Europe/Berlin"  # of the clocks that the exports show


def sheets(plan: Plan, made: dict[str, pd.DataFrame]) -> Iterator[Sheet]:
    """Each raw file about customers: its name, its rows, and the columns in which a cell may be broken."""
    times = Times(plan)
    crm, shop, people = made["crm"], made["shop"], made["people"]
    yield "crm_kunden.csv", _crm(times, crm), ("Geburtsdatum",)
    yield "shop_kunden.csv", _shop(times, shop), ()
    account = shop.set_index("person")["shop_id"]
    for year in (2024, 2025):
        of_year = made["lines"]["minute"] // MINUTES_PER_DAY
        split = plan.day(plan.as_of.replace(year=2025, month=1, day=1))
        lines = made["lines"][of_year < split if year == 2024 else of_year >= split]
        name = "bestellungen_2024.xlsx" if year == 2024 else "bestellungen_2025.csv"
        yield name, order_sheet(times, lines, account, as_text=year == 2025), ("Bestellt am", "Betrag")
    yield from _visits(times, made["visits"], account)
    email = addresses_on_file(people, crm, shop)
    yield "newsletter.csv", newsletter_sheet(times, made["letters"], email), ()
    yield "tickets.csv", ticket_sheet(times, made["tickets"], email), ()
    number = crm.drop_duplicates("person").set_index("person")["crm_id"]
    yield "umfragen.csv", answer_sheet(times, made["answers"], number), ("Datum", "Wert")
    yield "bewertungen.csv", _reviews(times, made["reviews"], account, made["lines"]), ()


def damage(
    rng: np.random.Generator, plan: Plan, name: str, rows: pd.DataFrame, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, int, int]:
    """Break a cell in a few rows, and repeat a few order lines as an interrupted export does.

    Returns
    -------
    rows, broken, repeated : DataFrame, int, int
        The rows; how many have a cell that cannot be read; how many are repeats of sound rows.
    """
    rows = rows.reset_index(drop=True)
    broken = np.flatnonzero(rng.random(len(rows)) < plan["sources"]["broken"])
    for column in columns:
        rows[column] = rows[column].astype(object)
    for at in broken:
        column = columns[int(rng.integers(len(columns)))]
        day = NO_SUCH_DAYS[int(rng.integers(len(NO_SUCH_DAYS)))]
        rows.at[at, column] = {"Betrag": "", "Wert": "elf"}.get(column, day)
    if not name.startswith("bestellungen"):
        return rows, len(broken), 0
    again = np.flatnonzero(rng.random(len(rows)) < plan["sources"]["repeated"])
    again = again[~np.isin(again, broken)]
    order = np.sort(np.concatenate([np.arange(len(rows)), again]))
    return rows.iloc[order].reset_index(drop=True), len(broken), len(again)


def addresses_on_file(people: pd.DataFrame, crm: pd.DataFrame, shop: pd.DataFrame) -> pd.Series:
    """The e-mail by which each person is known, by person: the CRM's, else the shop's, else one nobody has on file."""
    on_file = crm[crm["email"].isin(people["email"])].drop_duplicates("person").set_index("person")["email"]
    email = people.set_index("person")["email"]
    return on_file.reindex(email.index).fillna(shop.set_index("person")["email"]).fillna(email)


class Times:
    """Days and minutes of the period as text."""

    def __init__(self, plan: Plan):
        self.start = pd.Timestamp(moment(plan.start))
        days = [plan.start + timedelta(days=day) for day in range(plan.days)]
        self.german = np.array([f"{day:%d.%m.%Y}" for day in days] + [""], dtype=object)
        self.iso = np.array([f"{day:%Y-%m-%d}" for day in days] + [""], dtype=object)
        self.hours = np.array([f"{m // 60:02d}:{m % 60:02d}" for m in range(MINUTES_PER_DAY)], dtype=object)
        hours = pd.date_range(self.start, periods=plan.days * 24, freq="h")
        self.skipped = hours.tz_localize(ZONE, nonexistent="NaT", ambiguous=True).isna()

    def _on_the_clock(self, minute: pd.Series) -> pd.Series:
        """Minutes of an hour that the clock change skips are shown an hour later, as on any clock."""
        return minute + 60 * self.skipped[minute.clip(lower=0) // 60]

    def minutes(self, minute: pd.Series, days: np.ndarray) -> np.ndarray:
        """Day and hour as text; empty where the minute is negative."""
        minute = self._on_the_clock(minute)
        text = days[minute // MINUTES_PER_DAY] + " " + self.hours[minute % MINUTES_PER_DAY]
        return np.where(minute >= 0, text, "")

    def stamps(self, minute: pd.Series, second: pd.Series) -> pd.Series:
        """Points in time."""
        return self.start + pd.to_timedelta(self._on_the_clock(minute) * 60 + second, unit="s")

    def before(self, days: pd.Series) -> pd.Series:
        """Days that may lie before the period, as timestamps."""
        return self.start + pd.to_timedelta(days, unit="D")


def _crm(times: Times, crm: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Kundennr": crm["crm_id"],
            "Vorname": crm["given"],
            "Nachname": crm["surname"],
            "E-Mail": crm["email"],
            "Telefon": crm["phone"],
            "Straße": crm["street"],
            "PLZ": crm["postal_code"],
            "Ort": crm["city"],
            "Bundesland": crm["region"],
            "Geburtsdatum": crm["birth_date"].dt.strftime("%d.%m.%Y").fillna(""),
            "Geschlecht": crm["gender"].map(CODES["gender"]).fillna(""),
            "Haushaltsgröße": crm["household_size"],
            "Kinder": crm["children"],
            "Beruf": crm["occupation"].map(CODES["occupation"]).fillna(""),
            "Nettoeinkommen": crm["income_band"].map(CODES["income_band"]).fillna(""),
            "Interesse": crm["interests"].map(CODES["interests"]).fillna(""),
            "Werte": crm["values"].map(CODES["values"]).fillna(""),
            "Kunde seit": times.before(crm["signup"]).dt.strftime("%d.%m.%Y"),
            "Wunschkanal": crm["preferred_channel"].map(CODES["channel"]).fillna(""),
            "Bonus": decimal(crm["person"].to_numpy() * 37 % 5000),
            "Einwilligung": np.where(crm["consent"], "ja", "nein"),
        }
    )


def _shop(times: Times, shop: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account": shop["shop_id"],
            "first_name": shop["given"],
            "last_name": shop["surname"],
            "email": shop["email"],
            "phone": shop["phone"],
            "street": shop["street"],
            "zip": shop["postal_code"],
            "city": shop["city"],
            "birthday": shop["birth_date"].dt.strftime("%Y-%m-%d").fillna(""),
            "created": times.before(shop["signup"]).dt.strftime("%Y-%m-%d"),
        }
    )


def order_sheet(
    times: Times, lines: pd.DataFrame, account: pd.Series, as_text: bool, codes: dict = CODES
) -> pd.DataFrame:
    """Order lines; numbers and points in time as text for a CSV file, as values for a workbook."""
    return pd.DataFrame(
        {
            "Bestellnr": lines["order"].astype(str),
            "Kundenkonto": account.loc[lines["person"]].to_numpy(),
            "Bestellt am": times.minutes(lines["minute"], times.german)
            if as_text
            else times.stamps(lines["minute"], 0).to_numpy(),
            "Artikelnr": lines["product"].to_numpy(),
            "Warengruppe": lines["category"].map(codes["category"]).to_numpy(),
            "Menge": lines["quantity"].to_numpy(),
            "Betrag": decimal(lines["amount"]) if as_text else lines["amount"].to_numpy() / 100,
            "Rabatt": decimal(lines["discount"]) if as_text else lines["discount"].to_numpy() / 100,
            "Kanal": lines["channel"].map(codes["channel"]).to_numpy(),
        }
    )


ENTRIES = ["(direct) none"] * 4 + ["google organic"] * 3 + ["google cpc", "newsletter email", "instagram social"]
DEVICES = ["desktop"] * 5 + ["mobile"] * 4 + ["tablet"]
SEARCHED = ["Regenjacke", "Zelt", "Steigeisen", "Wanderschuhe", "Gaskartusche", "Stirnlampe"]
"""Where visits come from, with what, and what is searched for: without meaning for anything else."""


def _drawn(events: pd.DataFrame, values: list[str], turn: int) -> pd.Series:
    """One of some values for every visit, by its number, so that no other draw changes."""
    place = (events["session"].to_numpy().astype("uint64") * np.uint64(2_654_435_761 * turn)) >> np.uint64(9)
    return pd.Series(np.asarray(values, dtype=object)[(place % np.uint64(len(values))).astype(int)], events.index)


def _visits(times: Times, events: pd.DataFrame, account: pd.Series) -> Iterator[Sheet]:
    visitor = [f"{number:08x}" for number in (events["visitor"] * 2_654_435_761 % 2**32)]
    common = pd.DataFrame(
        {
            "account": events["person"].map(account).astype(object).where(events["person"] >= 0, None),
            "visitor": visitor,
            "session": "s" + events["session"].astype(str),
            "at": times.stamps(events["minute"], events["second"]),
            "action": events["kind"],
            "item": events["item"].where(events["kind"] != "search", _drawn(events, SEARCHED, 3)),
            "seconds": events["seconds"],
        }
    )
    entry = _drawn(events, ENTRIES, 1).str.split(expand=True)
    web = common.assign(device=_drawn(events, DEVICES, 2), utm_source=entry[0], utm_medium=entry[1])
    web = web[events["channel"] == "web"]
    yield "web_events.parquet", web.assign(at=web["at"].astype("datetime64[ms]")), ()
    app = common[events["channel"] == "app"]
    app = app.assign(at=app["at"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    yield "app_events.jsonl", app.set_axis(["user", "device", "session", "ts", "event", "item", "seconds"], axis=1), ()


def newsletter_sheet(times: Times, letters: pd.DataFrame, email: pd.Series) -> pd.DataFrame:
    """Who was sent what, by e-mail address of the person."""
    return pd.DataFrame(
        {
            "recipient": email.loc[letters["person"]].to_numpy(),
            "newsletter": letters["name"],
            "planned": times.iso[letters["day"]],
            "sent": np.where(letters["control"], "", times.iso[letters["day"]]),
            "opened": times.iso[letters["opened"]],
            "clicked": times.iso[letters["clicked"]],
            "control": letters["control"].astype(int),
        }
    )


def ticket_sheet(times: Times, cases: pd.DataFrame, email: pd.Series) -> pd.DataFrame:
    """Service cases, by e-mail address of the person."""
    return pd.DataFrame(
        {
            "ticket": ticket_numbers(cases),
            "sender": email.loc[cases["person"]].to_numpy(),
            "opened": times.minutes(cases["minute"], times.iso),
            "closed": times.minutes(cases["closed"], times.iso),
            "channel": cases["channel"],
            "category": cases["category"],
            "message": cases["text"],
            "resolution": cases["resolution"],
            "reopened": np.where(cases["reopened"], "yes", "no"),
        }
    )


def ticket_numbers(cases: pd.DataFrame) -> list[str]:
    """Numbers of the tickets of a block."""
    return [
        f"T{person:07d}-{place}"
        for person, place in zip(cases["person"], cases.groupby("person").cumcount(), strict=True)
    ]


def answer_sheet(times: Times, answers: pd.DataFrame, number: pd.Series) -> pd.DataFrame:
    """Answers to surveys, by number of the person."""
    return pd.DataFrame(
        {
            "Kundennr": number.loc[answers["person"]].where(~answers["anonymous"].to_numpy(), "").to_numpy(),
            "Datum": times.german[answers["day"]],
            "Frage": answers["metric"].map(CODES["question"]),
            "Wert": answers["score"].astype(str),
            "Skala": answers["metric"].map(CODES["scale"]),
            "Kommentar": answers["text"],
        }
    )


def _reviews(times: Times, reviews: pd.DataFrame, account: pd.Series, lines: pd.DataFrame) -> pd.DataFrame:
    bought = lines.drop_duplicates("person", keep="last").set_index("person")["product"]
    return pd.DataFrame(
        {
            "Konto": account.loc[reviews["person"]].where(~reviews["anonymous"].to_numpy(), "").to_numpy(),
            "Datum": times.iso[reviews["day"]],
            "Sterne": reviews["score"],
            "Text": reviews["text"],
            "Artikelnr": bought.reindex(reviews["person"]).fillna("").to_numpy(),
        }
    )


def decimal(cents: np.ndarray | pd.Series) -> np.ndarray:
    """Hundredths as text with a decimal comma.

    >>> decimal(np.array([5, 1290]))
    array(['0,05', '12,90'], dtype=object)
    """
    euros, rest = np.divmod(np.asarray(cents, dtype=np.int64), 100)
    return (pd.Series(euros).astype(str) + "," + pd.Series(rest).astype(str).str.zfill(2)).to_numpy(dtype=object)
