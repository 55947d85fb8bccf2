"""One source of dataset.yaml as text, with the reason of each guess behind its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import yaml
from pydantic import ValidationError

from .. import contract
from ..config.dataset import Source
from ..lists import entries_of
from ..parsing.casting import notation_of
from ..parsing.cells import as_booleans, as_times, stripped
from ..parsing.notation import Notation
from ..readers.chunks import looks_like_data
from .compositions import carried, composed_columns, undecided
from .guesses import BY_VALUE, Guess, Meaning, codes, is_other_consent
from .headings import means, plain, says, seconds_of, synonyms
from .links import Linked
from .roles import reads
from .sample import Sample, Values
from .scales import told_scale

OPEN = "OPEN"
_LISTS = {"interests", "values", "lifestyle"}
_FIXED = {"interactions": ("channel", {"app_analytics": "app"}, "web"), "campaigns": ("channel", {}, "email")}


@dataclass(frozen=True)
class SourceText:
    """Lines of one source; those of a source that lacks something are comments.

    Parameters
    ----------
    lines : list of str
    is_live : bool
    meanings : dict
        From file and column to role and reason.
    traits : dict
        From column of a file of customers to its name in the profile.
    last : date, optional
        The last day on which something happened, if the whole file was looked at.
    """

    lines: list[str]
    is_live: bool
    meanings: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    traits: dict[str, str] = field(default_factory=dict)
    last: date | None = None


def quoted(value: Any) -> str:
    """A value as YAML writes it on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False).strip()
    return text.removesuffix("...").strip()


def source_text(one: Linked, name: str, every: list[Linked]) -> SourceText:
    """Describe one file."""
    guess, sample = one.guess, one.guess.sample
    if sample.problem:
        return SourceText([f"  # {OPEN} {sample.path}: {sample.problem}"], False)
    if not guess.table:
        readers = [other.guess.sample.path for other in every if any(join.path == sample.path for join in other.joins)]
        what = f"is read by {', '.join(readers)}" if readers else "fills no table"
        reason = f": {guess.reason}" if guess.reason else ""
        return SourceText([f"  # {sample.path} {what}{reason} ({_names(sample)})"], False)
    system = _system(guess)
    columns, attributes, left = _columns(guess, system), _attributes(guess), []
    content: dict[str, Any] = {"name": name, "system": system, "path": sample.path, "table": guess.table}
    content |= _form(guess)
    content |= {
        key: value for key, value in (("ids", one.ids), ("account_ids", one.account_ids), ("key", guess.key)) if value
    }
    joins = [
        {"path": join.path, "on": join.on, "take": join.take}
        | {key: value for key, value in (("prefix", join.prefix), ("first", join.first)) if value}
        for join in one.joins
    ]
    columns_in_yaml = {role: column for role, (column, _) in columns.items()}
    mapped = {"columns": columns_in_yaml} | (
        {"attributes": {k: v for k, (v, _) in attributes.items()}} if attributes else {}
    )
    kept = carried(guess, [column["column"] for column, _ in attributes.values() if column.get("number")])
    given = content | {key: value for key, (value, _) in kept.items()}
    stated, doubts, last = _notation({**given, **({"lookups": joins} if joins else {}), **mapped}, guess)
    doubts = [
        *one.doubts,
        *doubts,
        *_consents(guess),
        *undecided(guess),
        *(f"{role}: no column was found; without it the source cannot be read" for role in guess.missing),
    ]
    lines = [f"  - name: {name}   # {guess.reason}" if guess.reason else f"  - name: {name}"]
    lines += [f"    {key}: {quoted(value)}" for key, value in content.items() if key != "name"]
    lines += [f"    {key}: {quoted(value)}{_why(reason)}" for key, (value, reason) in kept.items()]
    lines += [f"    {key}: {quoted(value)}   # as the cells show" for key, value in stated]
    lines += [f"    # {OPEN} {doubt}" for doubt in doubts]
    if joins:
        lines.append("    lookups:")
        lines += [f"      - {quoted(join)}   # {known.reason}" for join, known in zip(joins, one.joins, strict=True)]
    lines.append("    columns:")
    lines += [f"      {role}: {quoted(column)}{_why(reason)}" for role, (column, reason) in columns.items()]
    if attributes:
        lines.append("    attributes:")
        lines += [f"      {key}: {quoted(column)}{_why(reason)}" for key, (column, reason) in attributes.items()]
    read = guess.read | {key for join in one.joins for key in join.on}
    read |= {name for column, _ in (*columns.values(), *attributes.values()) for name in reads(column)}
    left = [column for column in sample.cells if column not in read]
    if left:
        lines.append(f"    # not read: {', '.join(left)}")
    meanings = {(sample.names[0], m.heading): (f"{guess.table}.{role}", m.reason) for role, m in guess.columns.items()}
    meanings |= {(sample.names[0], column["column"]): ("attribute", reason) for column, reason in attributes.values()}
    if guess.missing:
        return SourceText(["  # " + line.strip("\n")[2:] for line in lines], False)
    of_customers = {**columns, **attributes} if guess.table == "customers" else {}
    traits = {(reads(column) or [""])[0]: role for role, (column, _) in of_customers.items()}
    return SourceText(lines, True, meanings, {heading: role for heading, role in traits.items() if heading}, last)


def _names(sample: Sample) -> str:
    """Its headings, unless its first row may be a person."""
    if looks_like_data(list(sample.cells)):
        return "its first row looks like data and not like names of columns"
    return f"columns: {', '.join(sample.cells)}"


def _why(reason: str) -> str:
    return f"   # {reason}" if reason else ""


def _system(guess: Guess) -> str:
    """Kind of system, by the name of the file, else the usual one of its table."""
    usual: str = synonyms()["tables"][guess.table]["system"]
    words = guess.sample.words
    allowed = {
        "customers": ("shop",),
        "interactions": ("app_analytics", "web_analytics", "social", "email"),
        "feedback": ("nps_ces", "review", "survey", "market_research", "social"),
        "campaigns": ("email", "social"),
    }.get(guess.table, ())
    return next((system for system in allowed if says(words, synonyms()["systems"].get(system, []))), usual)


def _form(guess: Guess) -> dict[str, Any]:
    form = guess.sample.form
    assert form is not None  # a file without a form has no table
    found: dict[str, Any] = {
        name: getattr(form, name) for name in ("sheet", "db_table", "records", "escape") if getattr(form, name)
    }
    if form.units_row:
        found["units_row"] = form.units_row if form.units_row > 1 else True
    return found


def _columns(guess: Guess, system: str) -> dict[str, tuple[Any, str]]:
    """Columns of the contract in its order, as YAML has them, with their reasons."""
    found: dict[str, tuple[Any, str]] = {}
    fields = [*contract.TABLES[guess.table], *([guess.key] if guess.key else [])]
    lists = _listed(guess)
    for role in dict.fromkeys([*fields, *guess.columns]):
        if role not in fields:
            continue
        meaning = guess.columns.get(role)
        if meaning is not None and role not in lists:
            values = guess.sample.columns.get(meaning.heading)
            unsure = f"{OPEN} {role}: only its values speak for it, " if meaning.sure <= BY_VALUE else ""
            found[role] = (_column(role, meaning, values), unsure + meaning.reason)
    if guess.table in _FIXED and "channel" not in found:
        role, by_system, usual = _FIXED[guess.table]
        found[role] = ({"value": by_system.get(system, usual)}, "the kind of its system")
    if guess.table == "feedback":
        found |= _scored(guess, found, system)
    return found | composed_columns(guess)


def _listed(guess: Guess) -> dict[str, list[str]]:
    """Columns whose cells are lists, with their entries."""
    several = {role: guess.sample.columns.get(guess.columns[role].heading) for role in _LISTS & guess.columns.keys()}
    entries = {role: entries_of(values.texts) for role, values in several.items() if values is not None}
    return {role: words for role, words in entries.items() if words}


def _column(role: str, meaning: Meaning, values: Values | None) -> Any:
    if values is None:
        return meaning.heading
    if role in ("gender", "metric"):
        known = codes(values, role) or {}
        return (
            {"column": meaning.heading, "values": known} if any(k != v for k, v in known.items()) else meaning.heading
        )
    if role == "duration_s" and (seconds := seconds_of(meaning.heading)) != 1:
        return {"column": meaning.heading, "factor": seconds}
    if role == "responded" and values.kind == "date":
        return {"column": meaning.heading, "present": True}
    if role == "score" and values.kind != "number":
        numbers = values.distinct.str.extract(r"^(\d{1,3})", expand=False)
        pairs = {text: number for text, number in zip(values.distinct, numbers, strict=True) if isinstance(number, str)}
        return {"column": meaning.heading, "values": dict(sorted(pairs.items(), key=lambda pair: int(pair[1])))}
    return meaning.heading


def _scored(guess: Guess, found: dict[str, tuple[Any, str]], system: str) -> dict[str, tuple[Any, str]]:
    """What a score is: its metric by the words of its heading and file, its scale by its values."""
    added: dict[str, tuple[Any, str]] = {}
    if "source" not in found:
        added["source"] = ({"value": "review" if system == "review" else "survey"}, "the kind of its system")
    if "score" not in found or "metric" in found:
        return added
    heading = guess.columns["score"].heading
    words = f"{plain(heading)} {guess.sample.words}"
    metric = next((name for name, known in synonyms()["metrics"].items() if any(word in words for word in known)), None)
    values = guess.sample.columns.get(heading)
    numbers = (
        values.distinct.str.extract(r"^(\d{1,3})", expand=False).dropna().astype(int) if values is not None else []
    )
    low, high = (min(numbers), max(numbers)) if len(numbers) else (0, 0)
    top = next((top for top in (5, 7, 10, 100) if high <= top), 100)
    if metric == "nps" or (metric is None and low == 0 and high == 10):
        added["metric"] = ({"value": "nps"}, _sure(metric, words))
    else:
        added["metric"] = ({"value": metric or "rating"}, _sure(metric, words))
        if "scale" not in found:
            added["scale"] = _scale(heading, low, high, top)
    return added


def _scale(heading: str, low: int, high: int, top: int) -> tuple[dict[str, str], str]:
    """The scale that a heading states, else the usual one that the answers fit, for a person to settle."""
    if told := told_scale(heading, low, high):
        scale, is_directed = told
        return {"value": scale}, "heading" if is_directed else f"{OPEN} scale: heading; is the highest answer the best?"
    return {"value": f"{0 if low == 0 else 1}-{top}"}, f"{OPEN} scale: the answers go from {low} to {high}"


def _sure(metric: str | None, words: str) -> str:
    return "heading or name of the file" if metric else f"{OPEN} metric: nothing but the range of the answers tells it"


def _attributes(guess: Guess) -> dict[str, tuple[Any, str]]:
    """Further columns of a file of customers that describe them: categories and numbers that say something new."""
    if guess.table not in ("customers", "leads", "areas"):
        return {}
    found: dict[str, tuple[Any, str]] = {}
    for role, entries in _listed(guess).items():
        found[role] = ({"column": guess.columns[role].heading, "each": entries}, f"lists with {len(entries)} entries")
    kept: list[Values] = [
        guess.sample.columns[m.heading] for m in guess.columns.values() if m.heading in guess.sample.columns
    ]
    order = sorted(guess.sample.columns.values(), key=lambda values: -len(values.distinct))
    for values in order:
        words = values.words
        key = re.sub(r"\W+", "_", words).strip("_")
        key = f"own_{key}" if contract.is_taken(guess.table, key) else key
        if values.heading in guess.read or not key or not key[0].isalpha() or key in contract.TABLES[guess.table]:
            continue
        if values.heading in _personal(guess) or _is_nothing_new(values, words, guess, kept):
            continue
        is_number = values.kind == "number" and (len(values.distinct) > 12 or bool(of_contract(values)))
        column = {"column": values.heading} | ({"number": True} if is_number else {})
        count = f"{len(values.distinct):,} {'numbers' if is_number else 'values'}"
        found[key] = (column, f"{count}, {len(values.texts):,} of {values.rows:,} rows filled")
        kept.append(values)
    placed = {values.heading: position for position, values in enumerate(guess.sample.columns.values())}
    return dict(sorted(found.items(), key=lambda item: placed[item[1][0]["column"]]))


def _personal(guess: Guess) -> set[str]:
    """Headings that name or reach a person, in a table that has no column for them."""
    named = set(contract.personal()) - set(contract.TABLES[guess.table])
    return {
        values.heading
        for values in guess.sample.columns.values()
        if guess.table != "areas" and named & means(values.heading, "customers").keys()
    }


def of_contract(values: Values) -> str:
    """What a number says of a contract: its months, or the charge of one; "" if nothing."""
    known = synonyms()["contract"].items() if values.kind == "number" else ()
    return next((key for key, headings in known if values.words in map(plain, headings)), "")


def left_code(values: Values) -> str | None:
    """The code of those who left, in a column that tells who did."""
    by_word = {plain(code): code for code in values.distinct} if len(values.distinct) <= 12 else {}
    known = synonyms()["left"]
    for word in map(plain, known["codes"]):
        if word in by_word and len(by_word) > 1:
            return by_word[word]
    if values.is_yes_or_no and len(by_word) == 2:
        for kind, meant in (("headings", True), ("stays", False)):
            if values.words in map(plain, known[kind]):
                says_yes = as_booleans(pd.Series(list(by_word.values()), dtype="str"))[0]
                return next(code for code, yes in zip(by_word.values(), says_yes, strict=True) if bool(yes) == meant)
    return None


def _is_nothing_new(values: Values, words: str, guess: Guess, kept: list[Values]) -> bool:
    """Whether a column is empty, constant, personal, of a special category, or follows from one that is read."""
    if words in map(plain, [*synonyms()["ignored"], *synonyms()["currency_headings"]]):
        return True
    if is_other_consent(values, guess.table):
        return True
    if contract.is_special_category(values.heading) or len(values.distinct) < 2:
        return True
    if values.kind in ("email", "date", "seconds", "text", "empty"):
        return True
    if values.kind == "code" and (values.is_various or len(values.distinct) > 30):
        return True
    if left_code(values) is not None or of_contract(values):
        return False
    is_sum = values.has_fractions and values.numbers.abs().max() > 1000
    if values.kind == "number" and guess.table != "areas" and (values.is_unique or is_sum):
        return True
    return any(_follows(guess.sample.cells, values, other) for other in kept if not other.is_unique)


def _follows(cells: pd.DataFrame, values: Values, other: Values) -> bool:
    """Whether each value of another column that comes often goes with one value of this one."""
    if len(other.distinct) > 150 or values.heading == other.heading:
        return False
    pairs = cells[[other.heading, values.heading]].astype("str").dropna(subset=other.heading).fillna("")
    if len(pairs) < 3 * len(other.distinct):  # what nearly every row has of its own tells everything
        return False
    return bool((pairs.groupby(other.heading)[values.heading].nunique() <= 1).all())


def _consents(guess: Guess) -> list[str]:
    """Columns that may hold a consent, which only a person can understand."""
    return [
        f"consent: does {heading!r} say who may be analysed? then add 'consent: {heading}' under columns"
        for heading, values in guess.sample.columns.items()
        if guess.table in ("customers", "contacts") and "consent" not in guess.columns
        if is_other_consent(values, guess.table)
    ]


def _notation(content: dict[str, Any], guess: Guess) -> tuple[list[tuple[str, str]], list[str], date | None]:
    """Signs of numbers and forms of days, as the cells prove them, what they leave open, and the last of the days."""
    if guess.missing:
        return [], [], None
    try:
        source = Source.model_validate(content)
    except ValidationError as error:
        return [], [f"check: {error.errors()[0]['msg'].removeprefix('Value error, ')}"], None
    notation = notation_of(source)
    doubt = notation.learn(guess.sample.cells)
    stated = [(name, value) for name, value, how in notation.stated() if how == "detected" and value != "ISO 8601"]
    if doubt:
        return stated, [f"{doubt.column}: {doubt.problem}"], None
    return stated, [], None if guess.sample.is_cut else _last_day(source, notation, guess)


def _last_day(source: Source, notation: Notation, guess: Guess) -> date | None:
    """The last day on which something happened, to today."""
    if guess.table not in (*contract.OF_CUSTOMERS, "leads"):
        return None
    days = []
    for role, column in source.columns.items():
        of = contract.TABLES[guess.table].get(role)
        if of is not None and of.kind in ("date", "datetime") and column.column in guess.sample.cells:
            texts = stripped(pd.Series(guess.sample.cells[column.column].unique()), source.empty)
            times = as_times(texts, notation.of(column), ZoneInfo("UTC"))[0]
            days.append(times[times <= pd.Timestamp.today()].max())
    last = pd.Series(days, dtype="datetime64[ns]").max()
    return None if pd.isna(last) else last.date()
