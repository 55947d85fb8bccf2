"""How the files of a folder hang together: whose customers a file names, and what another file knows of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import pandas as pd

from .. import contract
from .guesses import BY_VALUE, Guess, Meaning, assigned
from .headings import GENERIC, PART, plain
from .sample import Values

MEETS, _MEETS_SAMPLE = 0.5, 0.05
"""Share of the distinct values of a column that must be known elsewhere to be the same ids; of a cut file, fewer."""

_KEYS = {"customers": "customer_id", "contacts": "contact_id"}


@dataclass(frozen=True)
class Join:
    """Columns that a file takes from another one."""

    path: str
    on: dict[str, str]
    take: list[str]
    first: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Linked:
    """A guess with what other files add to it.

    Parameters
    ----------
    guess : Guess
    ids : str
        Name space of its customers; "" if all files share one.
    account_ids : str
    joins : list of Join
    doubts : list of str
        What a person has to look at.
    """

    guess: Guess
    ids: str = ""
    account_ids: str = ""
    joins: list[Join] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def linked(guesses: list[Guess]) -> list[Linked]:
    """Guesses with their keys: customers by overlap of values, and by the rows of other files."""
    guesses = [_with_used_key(one, guesses) for one in guesses]
    registers = [one for one in guesses if one.table in _KEYS and _KEYS[one.table] in one.columns]
    spaces = _spaces(registers)
    found = []
    for one in guesses:
        if one.table in contract.OF_CUSTOMERS:
            found.append(_with_customer(one, registers, spaces, guesses))
        elif one in registers:
            account = _account_space(one, registers, spaces)
            found.append(Linked(one, spaces[one.sample.path], account))
        else:
            found.append(Linked(one))
    return found


def _with_used_key(one: Guess, every: list[Guess]) -> Guess:
    """Of several columns that could number the customers of a file, the one that other files name them by."""
    role = _KEYS.get(one.table, "")
    if role not in one.columns:
        return one

    def uses(key: Values) -> int:
        return sum(
            any(overlap(values, key) >= MEETS and _tells(values, key, heading) for heading, values in columns.items())
            for columns in (other.sample.columns for other in every if other is not one)
        )

    now = _key(one)
    others = [v for v in one.sample.columns.values() if v.is_unique and v.kind == "code" and v.heading not in one.read]
    best = max(others, key=uses, default=now)
    if best is now or uses(best) <= uses(now):
        return one
    reason = f"different in every row, and {uses(best)} other files have it"
    return replace(one, columns=one.columns | {role: Meaning(role, best.heading, 1.0, reason)})


def _values(one: Guess, heading: str) -> Values:
    return one.sample.columns[heading]


def _key(one: Guess) -> Values:
    return _values(one, one.columns[_KEYS[one.table]].heading)


def overlap(inner: Values, outer: Values) -> float:
    """Share of the distinct values of one column that the other has too."""
    return float(inner.distinct.isin(outer.distinct).mean()) if len(inner.distinct) else 0.0


def _spaces(registers: list[Guess]) -> dict[str, str]:
    """Name space of the ids of each file of customers: one for all whose ids meet; none where there is only one."""
    groups: list[list[Guess]] = []
    for one in registers:
        for group in groups:
            if (
                group[0].table == one.table
                and max(overlap(_key(one), _key(group[0])), overlap(_key(group[0]), _key(one))) > 0.1
                and not _contradict(one, group[0])
            ):
                group.append(one)
                break
        else:
            groups.append([one])
    if len(groups) < 2:
        return {one.sample.path: "" for one in registers}
    return {one.sample.path: _short(group[0]) for group in groups for one in group}


def _contradict(one: Guess, other: Guess) -> bool:
    """Whether equal ids mean other persons: two files may both count from one."""
    for role in ("email", "last_name", "name", "company"):
        if role in one.columns and role in other.columns:
            mine, theirs = (_by_key(each, role) for each in (one, other))
            both = mine.index.intersection(theirs.index)
            if len(both) > 2:
                return bool((mine[both].str.casefold() == theirs[both].str.casefold()).mean() < MEETS)
    return False


def _by_key(one: Guess, role: str) -> pd.Series:
    cells = one.sample.cells.astype("str").set_index(_key(one).heading, drop=False)[one.columns[role].heading]
    return cells[~cells.index.duplicated()].dropna().str.strip()


def _short(one: Guess) -> str:
    return "_".join(one.sample.words.split()[:2]) or one.table


def _account_space(one: Guess, registers: list[Guess], spaces: dict[str, str]) -> str:
    if "account_id" not in one.columns:
        return ""
    values = _values(one, one.columns["account_id"].heading)
    others = [(overlap(values, _key(other)), spaces[other.sample.path]) for other in registers if other is not one]
    return max(others, default=(0.0, ""))[1]


def _with_customer(one: Guess, registers: list[Guess], spaces: dict[str, str], every: list[Guess]) -> Linked:
    """Which column names the customer: the one whose values most files of customers know."""
    met = [
        (share, heading, register)
        for register in registers
        for heading, values in one.sample.columns.items()
        if values.kind != "email"  # addresses are compared as such
        if (share := overlap(values, _key(register)))
        >= (_MEETS_SAMPLE if register.sample.is_cut or one.sample.is_cut else MEETS)
        and _tells(values, _key(register), heading)
    ]
    columns = dict(one.columns)
    doubts: list[str] = []
    joins: list[Join] = []
    if met:
        share, heading, register = max(met, key=lambda found: found[0])
        reason = f"{share:.0%} of its {len(_values(one, heading).distinct):,} values are ids of {register.sample.path}"
        columns = {
            role: meaning for role, meaning in columns.items() if meaning.heading != heading and role != "customer_id"
        }
        columns = {"customer_id": Meaning("customer_id", heading, 1.0, reason), **columns}
        one, joins = _through(replace(one, columns=columns), registers, every)
        return Linked(one, spaces[register.sample.path], joins=joins)
    named = one.columns.get("customer_id")
    if named and registers and (_is_own(_values(one, named.heading)) or (named.sure < 1 and "email" in columns)):
        del columns["customer_id"]
    elif named and registers:
        near = _nearly(_values(one, named.heading), registers)
        if near:
            doubts.append(near)
        elif "email" in columns:
            del columns["customer_id"]
        else:
            doubts.append(f"no id of {named.heading!r} is in {', '.join(other.sample.path for other in registers)}")
            foreign = _through(
                replace(one, columns={k: v for k, v in columns.items() if k != "customer_id"}), registers, every
            )
            if "customer_id" in foreign[0].columns:
                return Linked(foreign[0], spaces[registers[0].sample.path], joins=foreign[1])
    one = replace(one, columns=columns)
    if one.missing or "category" in contract.TABLES[one.table] or one.table == "feedback":
        one, joins = _through(one, registers, every)
    space = spaces[registers[0].sample.path] if registers and "customer_id" in one.columns else ""
    return Linked(one, space, joins=joins, doubts=doubts)


def _tells(values: Values, key: Values, heading: str) -> bool:
    """Whether equal values mean equal ids: small whole numbers are equal to anything."""
    generic = values.words in GENERIC
    if _is_own(values) and values.kind == "number":
        return False  # numbers of its own rows
    if plain(heading) == plain(key.heading) and not generic:
        return True
    if values.kind in ("date", "seconds") or len(values.distinct) < 3:
        return False
    return not (values.distinct[:1000].str.fullmatch(r"\d{1,4}").mean() > 0.5) or "id" in plain(heading).split()


def _is_own(values: Values) -> bool:
    """Whether a column numbers the rows of its own file."""
    return values.words in GENERIC and values.is_unique and values.rows > 1


_NEARLY = {
    "lower-case letters": lambda texts: texts.str.casefold(),
    "without zeros in front": lambda texts: texts.str.lstrip("0"),
    "without .0 at the end": lambda texts: texts.str.removesuffix(".0"),
    "of 15 characters": lambda texts: texts.str[:15],
}


def _nearly(values: Values, registers: Iterable[Guess]) -> str:
    """What would make ids meet that do not."""
    for register in registers:
        for words, change in _NEARLY.items():
            mine = change(pd.Series(values.distinct, dtype="str"))
            if mine.isin(change(pd.Series(_key(register).distinct, dtype="str"))).mean() >= MEETS:
                return f"{values.heading!r} meets the ids of {register.sample.path} only {words}"
    return ""


def _through(one: Guess, registers: list[Guess], every: list[Guess]) -> tuple[Guess, list[Join]]:
    """What a file lacks and another knows of its rows, at most two files away."""
    columns, joins = dict(one.columns), []
    is_nameless = not {"customer_id", "email", "phone", "anonymous_id"} & set(columns)
    read = dict(one.sample.columns)
    for _ in range(2):
        for other, on, mine in list(_reachable(read, every, one)):
            taken: list[str] = []
            lacking = replace(one, columns=columns).missing
            other_columns = other.sample.columns
            for role, meaning in _offers(other, one.table, registers).items():
                wanted = role in lacking or role == "category" or (role == "customer_id" and is_nameless)
                better = role in columns and columns[role].sure <= BY_VALUE and meaning.sure > PART
                if (better or (wanted and role not in columns)) and meaning.heading not in read:
                    reason = f"{other.sample.path} by {mine!r}"
                    columns[role] = Meaning(role, meaning.heading, meaning.sure, reason)
                    taken.append(meaning.heading)
            bridges = [
                name for name in other_columns if name not in read and name not in taken and _leads(name, every, other)
            ]
            bridges = (
                bridges
                if replace(one, columns=columns).missing or (is_nameless and "customer_id" not in columns)
                else []
            )
            if taken or bridges:
                first = not other_columns[on].is_unique
                take = [*taken, *bridges]
                joins.append(
                    Join(other.sample.path, {mine: on}, take, first, f"{len(other_columns[on].distinct):,} keys")
                )
                read |= {name: other_columns[name] for name in take}
    used = {meaning.heading for meaning in columns.values()} | {name for join in joins for name in join.on}
    joins = [replace(join, take=[name for name in join.take if name in used]) for join in joins]
    return replace(one, columns=columns), [join for join in joins if join.take]


def _offers(other: Guess, table: str, registers: list[Guess]) -> dict[str, Meaning]:
    """What the columns of another file mean for a table; of a file of customers, its own key."""
    offers = {role: meaning for role, meaning in assigned(other.sample, table).items() if meaning.sure > PART}
    if other in registers:
        return {"customer_id": other.columns[_KEYS[other.table]]}
    if registers:
        offers.pop("customer_id", None)
        for heading, values in other.sample.columns.items():
            if any(
                overlap(values, _key(register)) >= MEETS and _tells(values, _key(register), heading)
                for register in registers
            ):
                offers["customer_id"] = Meaning("customer_id", heading, 1.0, "")
    return offers


def _reachable(read: dict[str, Values], every: list[Guess], one: Guess) -> Iterator[tuple[Guess, str, str]]:
    """Files in which a column of these is a key: other file, its key, the column."""
    for other in every:
        if other.sample.path == one.sample.path or not other.sample.columns or other.sample.form is None:
            continue
        for on, key in other.sample.columns.items():
            if (
                key.kind in ("date", "seconds", "text", "email", "empty")
                or not key.texts.is_unique
                or len(key.texts) < 3
            ):
                continue
            mine = next(
                (
                    name
                    for name, values in read.items()
                    if (plain(name) == plain(on) and key.words not in GENERIC and overlap(values, key) >= MEETS)
                    or _names_them(values, key, other)
                ),
                None,
            )
            if mine:
                yield other, on, mine
                break


def _names_them(values: Values, key: Values, other: Guess) -> bool:
    """Whether a column has names of firms that another file lists."""
    company = other.columns.get("company")
    is_it = company is not None and company.heading == key.heading
    return is_it and values.kind == "code" and len(values.distinct) > 5 and overlap(values, key) > 0.9


def _leads(name: str, every: list[Guess], than: Guess) -> bool:
    """Whether a column is a key of a further file."""
    return any(
        plain(on) == plain(name) and key.texts.is_unique and overlap(than.sample.columns[name], key) >= 0.5
        for other in every
        if other is not than
        for on, key in other.sample.columns.items()
    )
