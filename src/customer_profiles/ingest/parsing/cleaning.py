"""What is changed in the data without being asked: each rule by name, counted, and possible to switch off.

A rule never guesses. It takes away what carries no meaning (blanks, invisible characters), makes missing what means
"no value", and says for each column of each source how often it did so. ``cleaning: {off: [rule]}`` in dataset.yaml
switches a rule off: then the cells stay as they are, and what does not fit the contract is set aside with its row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...messages import N_
from ..readers.chunks import mask


@dataclass(frozen=True)
class Rule:
    """One kind of automatic change.

    Parameters
    ----------
    label : str
        What it does, in the words of the report.
    fixed : str, optional
        Why it cannot be switched off; empty if it can.
    """

    label: str
    fixed: str = ""


RULES = {
    "invisible": Rule(N_("invisible characters removed")),
    "blanks": Rule(N_("blanks before and after removed")),
    "unicode": Rule(N_("letters and their accents written as one character")),
    "long_texts": Rule(
        N_("text cut after ten thousand characters"),
        fixed="of a longer text the rest is not searched for what is personal",
    ),
    "empty_words": Rule(N_("words that mean “no value” made missing")),
    "letter_case": Rule(N_("written like the value of the contract")),
    "undeclared_codes": Rule(N_("not among the declared values")),
    "placeholder_days": Rule(N_("placeholder day")),
    "damaged_letters": Rule(N_("letters lost or decoded twice in the export")),
    "spreadsheet_errors": Rule(N_("an error of a spreadsheet such as #N/A")),
    "repeated_rows": Rule(N_("rows equal to an earlier one dropped")),
    "repeated_ids": Rule(N_("further rows with the same customer id dropped")),
    "bands": Rule(N_("group derived from a number or a date of birth")),
    "unclear_consent": Rule(N_("neither yes nor no"), fixed="whoever did not clearly agree did not agree"),
    "later_values": Rule(N_("came after the date of the run"), fixed="a run sees nothing after its date"),
}
"""All rules in the order in which they apply to a cell."""

# Zero-width characters, byte order marks, soft hyphens and signs that turn the direction of writing.
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")

LONGEST_TEXT = 10_000  # characters of a comment that are kept: a longer one is a pasted file, not an opinion

Key = tuple[str, str]


@dataclass
class Change:
    """What one rule did to one column: values before and after it, values changed, and one of them, masked."""

    before: int = 0
    after: int = 0
    n: int = 0
    example: str = ""

    def add(self, before: int, after: int, n: int, example: str = "") -> None:
        """Add further values."""
        self.before += before
        self.after += after
        self.n += n
        self.example = self.example or example


@dataclass
class Log:
    """Changes of one source by rule and column, and the rules that are switched off."""

    off: Collection[str] = ()
    changes: dict[Key, Change] = field(default_factory=dict)

    def wants(self, rule: str) -> bool:
        """Whether a rule applies."""
        return rule not in self.off

    def count(self, rule: str, column: str, before: int, after: int, n: int, example: str = "") -> None:
        """Count what a rule did; ``n`` values changed, of which ``before - after`` went missing."""
        self.changes.setdefault((rule, column), Change()).add(before, after, n, example)

    def compare(self, rule: str, column: str, old: pd.Series, new: pd.Series, weights: np.ndarray) -> None:
        """Count what a rule did to distinct cells, each standing for as many values as its weight."""
        given, kept = old.notna().to_numpy(), new.notna().to_numpy()
        changed = given & ~(kept & old.eq(new).fillna(False).to_numpy(dtype=bool))
        example = _example(old, new, int(changed.argmax())) if changed.any() else ""
        before, after, n = (int(weights[rows].sum()) for rows in (given, kept, changed))
        self.count(rule, column, before, after, n, example)

    def update(self, other: Log) -> None:
        """Add the changes of another chunk."""
        for (rule, column), change in other.changes.items():
            self.count(rule, column, change.before, change.after, change.n, change.example)


def tidied(
    cells: pd.Series,
    empty: Collection[str],
    log: Log | None = None,
    column: str = "",
    weights: np.ndarray | None = None,
    prose: bool = False,
) -> pd.Series:
    """Cells without what carries no meaning; those that mean "no value" are missing. Typed cells are left alone.

    Parameters
    ----------
    cells : Series, shape (cells,)
        Text as read, or values of a typed format.
    empty : collection of str
        Texts that mean "no value".
    log : Log, optional
        Where changes are counted, and which rules are off; otherwise all apply.
    column : str
        What the column is called in the log.
    weights : ndarray of int, shape (cells,), optional
        How many values each cell stands for; otherwise one.
    prose : bool
        Whether invisible characters may carry meaning, as those that join the parts of an emoji.
    """
    if cells.dtype == "object":
        texts = cells.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
        if not texts.any():
            return cells
        of_texts = None if weights is None else weights[texts]
        part = tidied(cells[texts].astype("str"), empty, log, column, of_texts, prose)
        cells = cells.copy()
        cells[texts] = part.astype("object").where(part.notna(), None)
        return cells
    if cells.dtype != "str":
        return cells
    log = Log() if log is None else log
    weights = np.ones(len(cells), dtype="int64") if weights is None else weights
    plain = bool(cells.str.isascii().fillna(True).all())
    steps = [("blanks", lambda texts: texts.str.strip())]
    if not plain:
        steps = [*([] if prose else [("invisible", _visible)]), *steps, ("unicode", _composed)]
    if prose:
        steps.append(("long_texts", lambda texts: texts.str.slice(0, LONGEST_TEXT)))
    for rule, change in steps:
        if log.wants(rule):
            changed = change(cells)
            if column:
                log.compare(rule, column, cells, changed, weights)
            cells = changed
    words = [word for word in empty if word]
    if "" in empty:
        cells = cells.mask(cells == "")
    if words and log.wants("empty_words"):
        changed = cells.mask(cells.isin(words))
        if column:
            log.compare("empty_words", column, cells, changed, weights)
        cells = changed
    return cells


def table(logs: Iterable[tuple[str, Log]]) -> pd.DataFrame:
    """The cleaning log of a run.

    Parameters
    ----------
    logs : iterable of (str, Log)
        Source and its log; the source of what was derived for the profile is empty.

    Returns
    -------
    DataFrame
        source, column (empty: whole rows), rule, reason (what the rule does), n (values changed), before and after
        (values there were), example (masked), can_be_off. Only what changed anything; by source, then rule, then
        column.
    """
    order = list(RULES)
    done = [
        (source, column, rule, change)
        for source, log in logs
        for (rule, column), change in sorted(
            log.changes.items(), key=lambda entry: (order.index(entry[0][0]), entry[0])
        )
        if change.n
    ]
    rows = [
        (
            source,
            column,
            rule,
            RULES[rule].label,
            *(made.n, made.before, made.after, made.example),
            not RULES[rule].fixed,
        )
        for source, column, rule, made in done
    ]
    names = ["source", "column", "rule", "reason", "n", "before", "after", "example", "can_be_off"]
    counts = dict.fromkeys(("n", "before", "after"), "int64")
    texts = dict.fromkeys(("source", "column", "rule", "reason", "example"), "str")
    return pd.DataFrame(rows, columns=names).astype({**texts, **counts, "can_be_off": "bool"})


def _visible(texts: pd.Series) -> pd.Series:
    return texts.str.replace(INVISIBLE, "", regex=True)


def _composed(texts: pd.Series) -> pd.Series:
    return texts.map(lambda text: unicodedata.normalize("NFC", text), na_action="ignore").astype("str")


def _example(old: pd.Series, new: pd.Series, position: int) -> str:
    """One changed cell, described without showing it."""
    after = new.iloc[position]
    return f"{mask(old.iloc[position])} → {'–' if pd.isna(after) else mask(after)}"
