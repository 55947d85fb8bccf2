"""What a data set says of itself as a whole: name, kind, language, currency and time zone."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from .headings import plain, says, synonyms
from .links import Linked
from .source_text import OPEN, left_code, of_contract, quoted

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}
_ZONES = {"EUR": "Europe/Berlin", "CHF": "Europe/Zurich", "GBP": "Europe/London", "USD": "America/New_York"}
# Words that only German headings have, as parts of words.
_GERMAN_WORDS = ("vorname", "nachname", "datum", "plz", "ort", "kunde", "betrag", "menge", "kanal", "anrede")

_FRESH = 31  # days

Line = tuple[str, str, str]


def surroundings(folder: Path, told: list[Linked]) -> list[Line]:
    """Keys at the top of dataset.yaml with their value and its reason."""
    name = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_") or "mycompany"
    headings = [heading for one in told for heading in one.guess.sample.cells]
    german = sum(
        bool(re.search("[äöüß]", heading.lower()))
        or says(plain(heading), list(_GERMAN_WORDS))
        or bool(_GERMAN_PART.search(plain(heading)))
        for heading in headings
    )
    is_german = german > 0.2 * max(1, len(headings))
    currency, why = _currency(told)
    firms = any(one.guess.table == "contacts" for one in told) or _are_firms(told)
    zone = _ZONES.get(currency, "Europe/Berlin")
    return [
        ("name", name, "the name of the folder"),
        ("title", folder.name.replace("_", " ").title(), ""),
        ("kind", "b2b" if firms else "b2c", "the customers are companies" if firms else "the customers are persons"),
        ("language", "de" if is_german else "en", f"{german} of {len(headings)} headings are German"),
        ("currency", currency, why),
        ("time_zone", zone, f"{OPEN} time_zone: the usual one of this currency; in which zone do days begin?"),
    ]


def proposed_as_of(days: list[date]) -> list[str]:
    """The day that old exports go up to: as of today, they would tell of customers who have all fallen silent."""
    last = max(days, default=None)
    if last is None or (date.today() - last).days <= _FRESH:
        return []
    return [f"as_of: {last}   # {OPEN} as_of: the last day in the files; take the line out if newer exports will come"]


def proposed_outcome(told: list[Linked], names: dict[str, dict[str, str]]) -> list[str]:
    """What a company may ask about, where a column of customers tells who left; a person decides.

    Parameters
    ----------
    told : list of Linked
    names : dict
        From path to heading to the name of the column in dataset.yaml.
    """
    lines: list[str] = []
    numbers: dict[str, str] = {}
    for one in told:
        for heading, name in names.get(one.guess.sample.path, {}).items():
            values = one.guess.sample.columns[heading]
            if (code := left_code(values)) is not None:
                content = quoted({"column": name, "value": code, "good": False})
                lines.append(f"# outcome: {content}   # {OPEN} outcome: is it about who left? then take the # away")
            if key := of_contract(values):
                numbers[key] = name
    if lines and "months" in numbers:
        lines.append(f"# subscription: {quoted(numbers)}   # {OPEN} subscription: the months of a contract?")
    return lines[:1] + lines[1:][-1:] if "months" in numbers else lines[:1]


_GERMAN_PART = re.compile(r"nummer|datum|betrag|kunden|bestell|artikel|geburt|strasse|umsatz|warengruppe")


def _currency(told: list[Linked]) -> tuple[str, str]:
    known = [plain(heading) for heading in synonyms()["currency_headings"]]
    seen: dict[str, str] = {}
    for one in told:
        for heading, values in one.guess.sample.columns.items():
            if any(name in known for name in values.names):
                for text in values.distinct[:20]:
                    if re.fullmatch(r"[A-Za-z]{3}", text):
                        seen.setdefault(text.upper(), heading)
        amount = one.guess.columns.get("amount")
        if amount and amount.heading in one.guess.sample.columns:
            texts = one.guess.sample.columns[amount.heading].distinct[:1000]
            for sign, code in _SIGNS.items():
                if texts.str.contains(sign, regex=False).any():
                    seen.setdefault(code, amount.heading)
    if len(seen) == 1:
        ((code, heading),) = seen.items()
        return code, f"the only one in {heading!r}"
    if seen:
        codes = ", ".join(seen)
        return next(iter(seen)), f"{OPEN} currency: there are {codes}; amounts of several must not be added up"
    return "EUR", f"{OPEN} currency: no file says it"


def _are_firms(told: list[Linked]) -> bool:
    files = [one.guess for one in told if one.guess.table == "customers"]
    of_persons = {"first_name", "last_name", "birth_date", "gender"}
    return any(one.is_of_firms for one in files) and not any(of_persons & set(one.columns) for one in files)
