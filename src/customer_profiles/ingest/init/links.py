"""How the files of a folder hang together: whose customers a file names, and what another file knows of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import pandas as pd

from .. import contract
from .guesses import BY_VALUE, Guess, Meaning, assigned
from .headings import GENERIC, NUMBER_WORDS, PART, plain
from .sample import Values

MEETS, _MEETS_SAMPLE = 0.5, 0.05
"""Share of the distinct values of a column that must be known elsewhere to be the same ids; of a cut file, fewer."""

_NEARLY_ALL, _SEVERAL = 0.9, 5
_OF_MANY = {"name", "first_name", "last_name", "phone", "street", "city"}  # equal ones may be of several persons
_KEYS = {"customers": "customer_id", "contacts": "contact_id"}


@dataclass(frozen=True)
class Join:
    """Columns that a file takes from another one."""

    path: str
    on: dict[str, str]
    take: list[str]
    first: bool
    reason: str
    prefix: str = ""

    @property
    def names(self) -> list[str]:
        """What the columns are called that it adds."""
        return [self.prefix + name for name in self.take]


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
    return float((outer.distinct.get_indexer(inner.distinct) >= 0).mean()) if len(inner.distinct) else 0.0


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
            lacking = replace(one, columns=columns).missing
            others = other.sample.columns
            taken: dict[str, Meaning] = {}
            for role, meaning in _offers(other, one.table, registers).items():
                wanted = role in lacking or role == "category" or (role == "customer_id" and is_nameless)
                better = role in columns and columns[role].sure <= BY_VALUE and meaning.sure > PART
                if better or (wanted and role not in columns):
                    taken[role] = replace(meaning, reason=f"{other.sample.path} by {mine!r}")
            still = replace(one, columns=columns | taken).missing or (
                is_nameless and "customer_id" not in columns | taken
            )
            known = {meaning.heading for meaning in taken.values()}
            bridges = [name for name in others if name not in {*read, *known} and _leads(name, every, other)]
            take = [*known, *(bridges if still else [])]
            prefix = f"{_short(other)}_" if known & set(read) else ""
            if take and not {prefix + name for name in take} & set(read):
                columns |= {role: replace(meaning, heading=prefix + meaning.heading) for role, meaning in taken.items()}
                count = f"{len(others[on].distinct):,} keys"
                joins.append(Join(other.sample.path, {mine: on}, take, not others[on].is_unique, count, prefix))
                read |= {prefix + name: others[name] for name in take}
    used = {meaning.heading for meaning in columns.values()} | {name for join in joins for name in join.on}
    joins = [replace(join, take=[name for name in join.take if join.prefix + name in used]) for join in joins]
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
        for on in other.sample.columns:
            mine = next((name for name, values in read.items() if _holds(name, values, on, other)), None)
            if mine:
                yield other, on, mine
                break


def _holds(name: str, values: Values, on: str, other: Guess) -> bool:
    """Whether a column holds the keys of another file, by its name or else by what its cells have in common."""
    key = other.sample.columns[on]
    if not _is_key(key) or any(on == meaning.heading for role, meaning in other.columns.items() if role in _OF_MANY):
        return False
    if plain(name) == plain(on) and key.words not in GENERIC:
        return overlap(values, key) >= MEETS
    owner = " ".join(word for word in plain(name).split() if word not in NUMBER_WORDS)
    is_its = len(owner) > 2 and owner != plain(name) and re.search(rf"\b{owner}", other.sample.words) is not None
    return (is_its and key.words in GENERIC and overlap(values, key) > _NEARLY_ALL) or meets(values, key)


def _is_key(key: Values) -> bool:
    return key.kind in ("code", "number") and key.texts.is_unique and len(key.texts) >= 3


def meets(values: Values, key: Values) -> bool:
    """Whether nearly all values of a column are keys in another one, and not by chance as small numbers are."""
    if not _is_key(key) or values.kind != key.kind or len(values.distinct) < _SEVERAL or values.has_fractions:
        return False
    first = key.distinct.get_indexer(values.distinct[:50]) >= 0
    is_small = values.distinct[:1000].str.fullmatch(r"\d{1,4}").mean() > 0.5
    return first.mean() > MEETS and not is_small and overlap(values, key) > _NEARLY_ALL


def _leads(name: str, every: list[Guess], than: Guess) -> bool:
    """Whether a column is a key of a further file."""
    values = than.sample.columns[name]
    return any(_holds(name, values, on, other) for other in every if other is not than for on in other.sample.columns)
