"""What a file probably is, and what its columns probably mean: by headings first, by what the cells hold second."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from .. import contract
from .headings import GENERIC, PART, means, phrases, plain, says, synonyms
from .sample import Sample, Values
from .worth import is_amount, paid, price_of

BY_VALUE = 0.6
"""How sure a column is that only its cells speak for."""
LEAST = 1.9
"""A file whose columns say less of every table is none of them: something is looked up in it, or nothing."""

_NAMED_SO, _LACKING = 2.0, 2.5
_DEVICES = 12
_DOMAINS = 0.5  # share of the cells that must be one
_ONE_CODE = 20  # rows from which on a category that is always the same is none
_MANY_FIRMS = 0.3  # share of the names that must have a legal form
_LEGAL_FORM = r"(?i).*\b(?:gmbh|ag|kg|ohg|ug|mbh|ltd|limited|inc|llc|plc|corp|s\.?a|sarl|b\.?v|srl|spa|oy|ab)\b\.?.*"
_RANGES = {"latitude": (-90, 90), "longitude": (-180, 180), "age": (0, 120)}
_KINDS = {
    "date": ("date", "seconds"),
    "datetime": ("date", "seconds"),
    "number": ("number",),
    "integer": ("number",),
    "text": ("text", "code", "number"),
}


@dataclass(frozen=True)
class Meaning:
    """One guess: what a column of a file is.

    Parameters
    ----------
    role : str
        Column of the contract.
    heading : str
        Column of the export.
    sure : float
        1: the heading says so; less: see `headings`.
    reason : str
        Why, in words for the file.
    """

    role: str
    heading: str
    sure: float
    reason: str


@dataclass(frozen=True, eq=False)
class Guess:
    """What a file is taken for.

    Parameters
    ----------
    sample : Sample
    table : str
        Table of the contract; "" if none.
    columns : dict
        From column of the contract to its meaning.
    reason : str
    """

    sample: Sample
    table: str
    columns: dict[str, Meaning] = field(default_factory=dict)
    reason: str = ""

    @property
    def missing(self) -> list[str]:
        """Columns that its table needs and that nobody found, an address counting as a customer."""
        fields = contract.TABLES.get(self.table, {})
        lacking = [name for name, of in fields.items() if of.required and name not in self.columns]
        if self.table in contract.OF_CUSTOMERS and self.key and "customer_id" in lacking:
            lacking.remove("customer_id")
        if "amount" in lacking and self.table == "transactions" and self._has_price:
            lacking.remove("amount")
        if self.table == "population" and not {"share", "count"} & set(self.columns):
            lacking.append("share")
        if self.table == "feedback" and not {"score", "text"} & set(self.columns):
            lacking.append("score")
        return lacking

    @property
    def is_by_address(self) -> bool:
        """Whether its customers have no other id than their address."""
        own, address = self.columns.get("customer_id"), self.columns.get("email")
        return own is not None and address is not None and own.heading == address.heading

    @property
    def _has_price(self) -> bool:
        return "quantity" in self.columns and price_of(self.sample) is not None

    @property
    def key(self) -> str | None:
        """Address by which it knows customers."""
        if self.table in contract.OF_CUSTOMERS and "customer_id" not in self.columns:
            return next((key for key in ("email", "phone") if key in self.columns), None)
        return None

    @property
    def is_of_firms(self) -> bool:
        """Whether it names companies."""
        company = self.columns.get("company")
        return company is not None and self.sample.columns[company.heading].kind != "empty"

    @property
    def read(self) -> set[str]:
        """Columns of the export that have a meaning."""
        return {meaning.heading for meaning in self.columns.values()}


def guess(sample: Sample, shared: Collection[str] = (), never: Collection[str] = (), least: float = LEAST) -> Guess:
    """The table that the columns and the name of a file say most of.

    Parameters
    ----------
    sample : Sample
    shared : collection of str
        Headings that other files have too: through them another file may know whose a row is, and when it happened.
    never : collection of str
        Tables it cannot be.
    least : float
        How much its columns must say.
    """
    has_bridge = any(plain(heading) in shared for heading in sample.cells)
    best, score = Guess(sample, ""), least
    for table, known in synonyms()["tables"].items():
        if table in never:
            continue
        columns = assigned(sample, table)
        tells = known["tells"]
        candidate = Guess(sample, table, columns)
        found = sum(tells.get(role, 0.2) * meaning.sure for role, meaning in columns.items())
        found += tells["amount"] if table == "transactions" and "amount" not in columns and candidate._has_price else 0
        named = int(says(sample.words, known["files"]))
        named += table == "leads" and sum("lead" in v.words.split() for v in sample.columns.values()) > 1
        elsewhere = {"customer_id", "at"} if has_bridge and table in contract.OF_CUSTOMERS else set()
        lacking = [0.5 if role in elsewhere else _LACKING for role in candidate.missing]
        if candidate.is_by_address:
            lacking.append(1.0)
        sold = table == "transactions" and "amount" in columns and not candidate.missing and is_won(sample)
        points = found + _NAMED_SO * (named + 2 * sold) - sum(lacking)
        if points > score:
            score = points
            words = [f"{role} in {meaning.heading!r}" for role, meaning in columns.items() if tells.get(role, 0) >= 1]
            reason = ", ".join([*words[:3], *(["the name of the file"] if named else [])])
            best = Guess(sample, table, columns, reason)
    return best


def is_won(sample: Sample) -> bool:
    """Whether a column says of each row that it was won, as sales systems do of what they hope to sell."""
    known = set(map(plain, synonyms()["won_codes"]))
    return any(
        len(values.distinct) <= 20 and not known.isdisjoint(map(plain, values.distinct))
        for values in sample.columns.values()
        if values.kind == "code"
    )


def assigned(sample: Sample, table: str) -> dict[str, Meaning]:
    """The best meaning of each column of a file, if it were this table; each meaning once."""
    found = [
        meaning
        for values in sample.columns.values()
        for meaning in _meanings(values, table, sample)
        if meaning.role not in ("source", "channel") or meaning.sure > PART
    ]
    chosen: dict[str, Meaning] = {}
    taken: set[str] = set()
    for meaning in sorted(found, key=lambda one: -one.sure):
        if meaning.role not in chosen and meaning.heading not in taken and not _twice(meaning.role, chosen):
            chosen[meaning.role] = meaning
            taken.add(meaning.heading)
    chosen |= _by_structure(sample, table, chosen)
    if table == "transactions" and "amount" in chosen:
        heading, why = paid(sample, chosen["amount"].heading)
        if why and heading not in taken - {chosen["amount"].heading}:
            reason = f"{chosen['amount'].reason}; {why}" if heading == chosen["amount"].heading else why
            chosen["amount"] = replace(chosen["amount"], heading=heading, reason=reason)
    return _of_firms(chosen, sample, table)


def _of_firms(chosen: dict[str, Meaning], sample: Sample, table: str) -> dict[str, Meaning]:
    """What "name" is: the firm's beside what only firms have, the last name beside a first one."""
    if table not in ("customers", "contacts") or "name" not in chosen:
        return chosen
    told = dict(chosen)
    if "first_name" in told and "last_name" not in told:
        told["last_name"] = replace(told.pop("name"), role="last_name", sure=1.0)
    elif table == "customers" and not {"company", "first_name", "gender", "birth_date"} & set(told):
        is_firm = bool({"industry", "employees", "revenue", "domain"} & set(told))
        is_firm = is_firm or sample.columns[told["name"].heading].share(_LEGAL_FORM) > _MANY_FIRMS
        if is_firm or says(sample.words, synonyms()["firms"]):
            told["company"] = replace(told.pop("name"), role="company", sure=1.0)
    return told


def _by_structure(sample: Sample, table: str, chosen: dict[str, Meaning]) -> dict[str, Meaning]:
    """What a table cannot do without, where one column alone can be it whatever it is called."""
    free = [values for values in sample.columns.values() if values.heading not in {m.heading for m in chosen.values()}]
    found: dict[str, Meaning] = {}
    key = {"customers": "customer_id", "contacts": "contact_id", "leads": "lead_id"}.get(table)
    is_lead = "converted_at" in chosen or says(sample.words, synonyms()["tables"]["leads"]["files"])
    if key and key not in chosen and (table != "leads" or is_lead):
        keys = [values for values in free if values.is_unique and values.kind in ("code", "number") and _is_key(values)]
        if keys:
            reason = "different in every row" + (", the first such column" if len(keys) > 1 else "")
            found[key] = Meaning(key, keys[0].heading, BY_VALUE, reason)
        elif table == "customers" and "email" in chosen:
            found[key] = Meaning(key, chosen["email"].heading, 1.0, "no column of ids; an address is a customer")
    time = contract.HAPPENED_AT.get(table)
    if time and time not in chosen and contract.TABLES[table][time].required:
        days = [values for values in free if values.kind in ("date", "seconds")]
        if len(days) == 1:
            found[time] = Meaning(time, days[0].heading, BY_VALUE, "the only column of days or times left")
    if table == "transactions" and "amount" not in chosen:
        sums = [values for values in free if values.kind == "number" and values.has_fractions]
        if len(sums) == 1 and len(sums[0].distinct) > 5:
            found["amount"] = Meaning("amount", sums[0].heading, BY_VALUE, "the only column of sums of money left")
    return found


def _is_key(values: Values) -> bool:
    return not values.has_fractions and not says(values.words, ["row", "zeile", "index", "phone", "telefon"])


def _twice(role: str, chosen: Iterable[str]) -> bool:
    either = ({"responded", "responded_at"}, {"age", "age_band"}, {"income", "income_band"})
    return any(role in pair and pair & set(chosen) for pair in either)


def _meanings(values: Values, table: str, sample: Sample) -> Iterable[Meaning]:
    if is_other_consent(values, table):
        return
    for role, sure in means(values.title or values.heading, table).items():
        if fit := _fits(values, role, table, sample):
            yield Meaning(role, values.heading, sure * fit, "heading" + _count(values))
    if values.kind == "email" and (table == "customers" or table in (*contract.OF_CUSTOMERS, "contacts")):
        yield Meaning("email", values.heading, 0.95, f"addresses in {len(values.texts)} of {values.rows} rows")
    if values.kind == "text" and "text" in contract.TABLES[table]:
        yield Meaning("text", values.heading, BY_VALUE, "long texts" + _count(values))


def is_other_consent(values: Values, table: str) -> bool:
    """Whether a column of persons holds a consent that may be one to something else than analysis."""
    if table not in ("customers", "contacts", "leads") or values.words in map(plain, phrases(table, "consent")):
        return False
    speaks = any(re.search(rf"\b{plain(part)}", values.words) for part in synonyms()["consent_words"])
    return values.words in map(plain, synonyms()["consent_open"]) or (speaks and values.is_yes_or_no)


def _count(values: Values) -> str:
    return f", {len(values.texts):,} of {values.rows:,} rows filled, {len(values.distinct):,} values"


def _fits(values: Values, role: str, table: str, sample: Sample) -> float:
    """How well the cells of a column go with a meaning: 0 not at all, 1 well."""
    of = contract.TABLES[table].get(role)
    kind = values.kind
    if role == "email" or of is None:
        return float(kind == "email" or of is None)
    if kind == "empty":
        return 0.65
    if kind == "email":
        return float(role in ("customer_id", "contact_id")) * 0.5
    if role in ("device", "anonymous_id") and len(values.texts) > _DEVICES:  # a kind of device, or one of them
        return float((len(values.distinct) <= _DEVICES) == (role == "device"))
    if role == "amount" and not is_amount(values):
        return 0.0
    if role == "text" and kind != "text" and values.words in map(plain, synonyms()["titles"]):
        return 0.5 if any(other.kind == "text" for other in sample.columns.values()) else 1.0
    if role == "domain":
        return float(values.share(r"\S+\.[A-Za-z]{2,}\S*") > _DOMAINS)
    if role == "category" and len(values.distinct) < 2 and len(values.texts) > _ONE_CODE:
        return 0.0  # the same in every row: it tells nothing apart
    if role == "responded":
        return 1.0 if values.is_yes_or_no or kind == "date" else 0.0
    if role == "responded_at" and table == "campaigns":
        return float(kind == "date")
    if of.kind == "boolean":
        return float(values.is_yes_or_no)
    if role in ("gender", "metric"):
        return float(codes(values, role) is not None)
    if role in ("age_band", "income_band", "employees_band"):
        return 0.0 if kind != "code" or values.is_various or _plain_numbers(values) else 1.0
    if of.kind in _KINDS and of.kind != "text":
        if kind not in _KINDS[of.kind] and not (role == "score" and _scores(values)):
            return 0.0
        low, high = _RANGES.get(role, (None, None))
        if low is not None and len(values.numbers) and not values.numbers.between(low, high).mean() > 0.95:
            return 0.0
        if role == "score":
            return 1.0 if _scores(values) else 0.0
        return 1.0
    if role in ("customer_id", "lead_id", "contact_id", "area", "order_id", "product_id", "session_id", "anonymous_id"):
        if kind == "date" or (kind == "number" and values.has_fractions) or kind == "text":
            return 0.0
        if role in ("customer_id", "lead_id", "contact_id", "area") and table in (
            "customers",
            "leads",
            "contacts",
            "areas",
        ):
            often = values.texts.duplicated().mean() > 0.5
            return 1.0 if values.is_unique or "unique" in values.words else 0.5 if often else 0.8
        if role == "customer_id" and values.words in GENERIC and values.is_unique:
            return 0.5  # rather the number of its own rows
        if role == "order_id" and table == "transactions" and values.words in ("id", "name"):
            return 0.9
        return 1.0
    if of.kind == "category" and kind == "date":
        return 0.0
    if of.kind == "category" and kind == "number" and values.has_fractions:
        return 0.0
    if role in ("first_name", "last_name", "name", "company", "city", "street") and kind == "number":
        return 0.0
    if role == "name" and table == "customers" and not values.is_various:
        return 0.3
    return 1.0


def _plain_numbers(values: Values) -> bool:
    return len(values.numbers) == len(values.distinct)


def _scores(values: Values) -> bool:
    """Whether the cells are answers on a scale: few whole numbers, perhaps with words behind the ends."""
    starts = values.distinct[:200].str.extract(r"^(\d{1,3})(?:\.0)?(?:\s*[-–:]\s*\D+)?$", expand=False)
    return bool(len(values.distinct)) and bool(starts.notna().mean() >= 0.9) and len(values.distinct) <= 101


def codes(values: Values, role: str) -> dict[str, str] | None:
    """The meaning of each code of a closed list, None if one is not known."""
    known = {
        plain(code): meaning for meaning, written in synonyms()["codes"][role].items() for code in (meaning, *written)
    }
    if not len(values.distinct) or len(values.distinct) > 20:
        return None
    found = {text: known.get(plain(text)) for text in values.distinct}
    return None if None in found.values() else {code: str(meaning) for code, meaning in found.items()}
