"""A first dataset.yaml for a folder of exports."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from ...errors import InputRejected
from ..config.yaml_file import read_yaml
from . import roles
from .describes import described
from .guesses import LEAST, Guess, assigned, guess
from .headings import GENERIC, plain
from .links import MEETS, Linked, linked, meets, overlap
from .sample import MOST_ROWS, Sample, samples
from .source_text import OPEN, SourceText, quoted, source_text
from .surroundings import proposed_as_of, proposed_outcome, surroundings

HEAD = """# Proposed by `customer-profiles init` from what the files say. Edit it: it is never written over.
# Behind each guess stands its reason. Lines with {mark} wait for you: nothing was chosen there.
# {sampled}
"""
_LITTLE = 1.0  # where no file says enough, one that has a customer and anything else is better than none
_LINE_ENDS = "[\r\n\x85\u2028\u2029]+"


@dataclass(frozen=True)
class Proposal:
    """A proposed dataset.yaml.

    Parameters
    ----------
    file : Path
        Where it belongs.
    text : str
        The file, with the reason of each guess as a comment.
    guesses : DataFrame
        file, column, role (empty: not read), reason.
    is_written : bool
        False if there was a file already, which stays as it is.
    difference : DataFrame
        What an existing file reads otherwise: file, column, now, proposed.
    """

    file: Path
    text: str
    guesses: pd.DataFrame
    is_written: bool
    difference: pd.DataFrame

    @property
    def open(self) -> list[str]:
        """What waits for a person."""
        return [line.split(OPEN, 1)[1].strip(" :") for line in self.text.splitlines()[3:] if OPEN in line]

    def __repr__(self) -> str:
        read = int((self.guesses["role"] != "").sum())
        found = f"{read} of {len(self.guesses)} columns of {self.guesses['file'].nunique()} files have a meaning"
        if self.is_written:
            points = "".join(f"\n  {point}" for point in self.open)
            lines = "1 line waits" if len(self.open) == 1 else f"{len(self.open)} lines wait"
            waits = f"{lines} for you ({OPEN}):{points}" if points else "no line waits for you"
            return f"{self.file} was written: {found}; {waits}"
        if self.difference.empty:
            return f"{self.file} stays as it is, and a new proposal would read the same columns"
        table = self.difference.to_string(index=False, na_rep="")
        return f"{self.file} stays as it is; a new proposal would differ in {len(self.difference)} columns:\n{table}"


def propose(folder: str | Path) -> Proposal:
    """Describe the exports of a folder in a dataset.yaml, and write it unless there is one.

    Parameters
    ----------
    folder : str or Path
        Folder with the exports, or with a folder ``raw`` of them.

    Raises
    ------
    InputRejected
        If there is no export, or none of customers or of what they bought.

    Examples
    --------
    >>> import customer_profiles as cp
    >>> cp.init("data/mycompany")  # doctest: +SKIP
    """
    folder = Path(folder).resolve()
    found = samples(folder) if folder.is_dir() else []
    if not any(len(sample.cells.columns) for sample in found):
        problems = "".join(f"; {sample.path}: {sample.problem}" for sample in found if sample.problem)
        raise InputRejected(f"there is no export in {folder} or its folder raw that can be read{problems}")
    guesses = _guesses(found)
    told = _told_apart(linked([*guesses, *described(guesses)]))
    text, guesses = _written(folder, found, told)
    file = folder / "dataset.yaml"
    names = [name for sample in found for name in sample.names]
    if file.exists():
        content, _ = read_yaml(file)
        old = content if isinstance(content, dict) else {}
        return Proposal(file, text, guesses, False, roles.difference(old, yaml.safe_load(text), names))
    file.write_text(text, encoding="utf-8")
    return Proposal(file, text, guesses, True, roles.difference({}, {}, names))


def _guesses(found: list[Sample]) -> list[Guess]:
    """What each file is; persons at companies only where companies are the customers."""
    headings = Counter(heading for sample in found for heading in {plain(name) for name in sample.cells})
    counting = {
        v.words for sample in found for v in sample.columns.values() if v.words in GENERIC and v.kind == "number"
    }
    shared = {heading for heading, count in headings.items() if count > 1} - counting
    keys = [(sample, key) for sample in found for key in sample.columns.values() if key.kind in ("code", "number")]
    shared |= {plain(v.heading) for one, v in keys for other, key in keys if one is not other and meets(v, key)}
    every = [guess(sample, shared) for sample in found]
    least = LEAST
    if not any(one.table in ("customers", "transactions") and not one.missing for one in every):
        least = _LITTLE
        every = [one if one.table else guess(one.sample, shared, least=least) for one in every]
    first = [_of_known_customers(one, every) for one in every]
    firms = [one for one in first if one.table == "customers" and one.is_of_firms and "last_name" not in one.columns]
    if firms:
        return [_of_persons(one, firms) for one in first]
    return [guess(one.sample, shared, ("contacts",), least) if one.table == "contacts" else one for one in first]


def _of_persons(one: Guess, firms: list[Guess]) -> Guess:
    """A file of persons that says at which of the known firms each works."""
    if one in firms or one.table != "customers":
        return one
    columns = assigned(one.sample, "contacts")
    account = columns.get("account_id")
    if account is None or "contact_id" not in columns:
        return one
    known = [
        firm.sample.columns[firm.columns["customer_id"].heading] for firm in firms if "customer_id" in firm.columns
    ]
    if not any(overlap(one.sample.columns[account.heading], key) >= MEETS for key in known):
        return one
    return Guess(one.sample, "contacts", columns, f"account_id in {account.heading!r}")


def _of_known_customers(one: Guess, first: list[Guess]) -> Guess:
    """A file that fills no table completely but has a row per customer of another file says more of these."""
    if (one.table and not one.missing) or not len(one.sample.cells.columns):
        return one
    columns = assigned(one.sample, "customers")
    keys = [values for values in one.sample.columns.values() if values.is_unique and values.kind == "code"]
    if "customer_id" not in columns or [values.heading for values in keys] != [columns["customer_id"].heading]:
        return one
    for other in first:
        if other is not one and other.table == "customers" and "customer_id" in other.columns:
            theirs = other.sample.columns[other.columns["customer_id"].heading]
            if overlap(keys[0], theirs) > 0.9:
                return Guess(one.sample, "customers", columns, f"a row per customer of {other.sample.path}")
    return one


def _told_apart(found: list[Linked]) -> list[Linked]:
    """Of two files with the amounts of the same orders, only the one that tells what was bought is sales."""
    sales = [one for one in found if one.guess.table == "transactions" and "order_id" in one.guess.columns]
    kept = []
    for one in found:
        rival = next((other for other in sales if other is not one and one in sales and _repeats(one, other)), None)
        kept.append(
            Linked(Guess(one.guess.sample, "", {}, f"amounts of the orders of {rival.guess.sample.path}"))
            if rival
            else one
        )
    return kept


def _repeats(one: Linked, other: Linked) -> bool:
    mine, theirs = (each.guess.sample.columns.get(each.guess.columns["order_id"].heading) for each in (one, other))
    if mine is None or theirs is None or mine.distinct.isin(theirs.distinct).mean() < 0.5:
        return False
    lines = [{"product_id", "quantity", "category"} & set(each.guess.columns) for each in (one, other)]
    return len(lines[1]) > len(lines[0])


def _written(folder: Path, found: list[Sample], told: list[Linked]) -> tuple[str, pd.DataFrame]:
    about = surroundings(folder, told)
    names: dict[str, int] = {}
    parts: list[SourceText] = []
    for one in told:
        stem = "_".join(one.guess.sample.words.split()) or one.guess.table
        sheet = one.guess.sample.form and (one.guess.sample.form.sheet or one.guess.sample.form.db_table)
        name = f"{stem}_{sheet}".lower() if sheet else stem
        name = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name).strip("_")
        names[name] = names.get(name, 0) + 1
        parts.append(source_text(one, name + (f"_{names[name]}" if names[name] > 1 else ""), told))
    cut = [sample.path for sample in found if sample.is_cut]
    sampled = (
        f"Only the first {MOST_ROWS:,} rows were looked at of {', '.join(cut)}."
        if cut
        else "Every row of every file was looked at."
    )
    lines = HEAD.format(mark=OPEN, sampled=sampled).splitlines()
    lines += [f"{key}: {quoted(value)}{_comment(reason)}" for key, value, reason in about]
    lines += proposed_as_of([part.last for part in parts if part.last])
    lines += proposed_outcome(told, {one.guess.sample.path: part.traits for one, part in zip(told, parts, strict=True)})
    lines += ["privacy:", "  min_group_size: 10", "", "sources:"]
    live = [part for part in parts if part.is_live]
    for part in sorted(parts, key=lambda part: not part.is_live):
        lines += ["", *part.lines]
    if not live:
        lines[lines.index("sources:")] = f"sources: []   # {OPEN}: no file could be described completely, see below"
    columns = [(sample.names[0], column) for sample in found for column in sample.cells]
    meant = {key: value for part in parts for key, value in part.meanings.items()}
    rows = [(file, column, *meant.get((file, column), ("", ""))) for file, column in columns]
    text = "\n".join(re.sub(_LINE_ENDS, " ", line) for line in lines) + "\n"  # a heading may have several lines
    return text, pd.DataFrame(rows, columns=["file", "column", "role", "reason"])


def _comment(reason: str) -> str:
    return f"   # {reason}" if reason else ""
