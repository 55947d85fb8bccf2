"""From a table of comparisons to sentences: the strongest differences that hold, or that there is none.

Every chapter tells its families the same way, so it stands here once: no sentence where nothing could be compared, one
where nothing was found, else the first established rows that the page shows, each with its evidence.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..messages import Finding, Text, placeholders

MOST = 8
"""Sentences of a family at most; the table holds the rest."""


@dataclass(frozen=True)
class Claims:
    """How the rows of a table are told.

    Parameters
    ----------
    subject : str
        Prefix of the ids, stable over releases: ``pains``.
    message : str or callable
        Sentence with placeholders, or what gives one for a row. A placeholder is a column of its name; ``low`` and
        ``high`` are the ends of the estimate's interval, ``rest`` is the share of the others.
    values : dict of str to str or callable
        What fills the other placeholders: a column, or what gives the value for a row.
    key : sequence of str
        Columns whose values name a claim among others of its subject.
    nothing : str
        Said where nothing was found, with ``{family:count}``; empty: nothing is said then.
    test : str
        Test or method, as an expert would name it.
    estimate : str
        Column with the headline number; ``{estimate}_low`` and ``{estimate}_high`` are its interval.
    n, reach : str or callable
        Base, and customers whom it concerns.
    effect : str or callable
        Size on the common scale from 0 to 1 (`stats.effect_sizes`).
    kind : str
        Kind of the findings.
    most : int
        Sentences at most.
    rows : callable, optional
        From the table to the rows that are told, in their order; by default all established ones, of facts all.
    sized : str
        Placeholder that tells the estimate without its sign, and so its interval; empty: the sign is told.
    """

    subject: str
    message: str | Callable[[Any], str]
    values: dict[str, Any] = field(default_factory=dict)
    key: Sequence[str] = ()
    nothing: str = ""
    test: str = ""
    estimate: str = ""
    n: str | Callable[[Any], int] = "base"
    reach: str | Callable[[Any], int] = "n"
    effect: str | Callable[[Any], Any] | float = "effect"
    kind: str = "difference"
    most: int = MOST
    rows: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    sized: str = ""

    def __call__(self, table: pd.DataFrame) -> list[Finding]:
        """The findings of a table in which nothing was compared."""
        return self.tell(table, 0)

    def tell(self, table: pd.DataFrame, family: int, rows: pd.DataFrame | None = None, base: int = 0) -> list[Finding]:
        """The findings of a table.

        Parameters
        ----------
        table : DataFrame
            All comparisons, with ``claim`` and, from the gate, ``hidden``.
        family : int
            How many of them were corrected together; 0: nothing could be compared, so nothing is said.
        rows : DataFrame, optional
            Rows to tell, in their order; by default all established ones.
        base : int
            Base of every sentence; by default each row's own, and the largest where nothing was found.
        """
        if self.kind == "fact":
            return self.each(self.rows(table) if self.rows else table, family)
        if not family:
            return []
        if not len(table) or not table["claim"].fillna(False).astype(bool).any():
            return self._none(table, family, base)
        if rows is None:
            rows = self.rows(table) if self.rows else table[table["claim"].fillna(False).astype(bool)]
        told = self.each(rows, family)
        return [dataclasses.replace(finding, n=base) for finding in told] if base else told

    def each(self, rows: pd.DataFrame, family: int = 0) -> list[Finding]:
        """The findings of the first rows that may be spoken of, established or not."""
        return [self.one(row, family) for row in shown(rows).head(self.most).itertuples()]

    def one(self, row: Any, family: int = 0) -> Finding:
        """The finding of one row, a named tuple."""
        message = self.message if isinstance(self.message, str) else self.message(row)
        ends = (f"{self.estimate}_low", f"{self.estimate}_high") if self.estimate else ()
        known = row._fields if hasattr(row, "_fields") else row.index  # a named tuple, or a row of a frame
        named = [name for name, _ in placeholders(message)]
        sources: dict[str, Any] = {name: name for name in named if name in known}
        sources |= dict(zip(("low", "high"), ends, strict=False)) | {"rest": "share_rest"}
        if self.sized:
            size, low, high = _size(*(getattr(row, name) for name in (self.estimate, *ends)))
            sources |= {self.sized: lambda _: size, "low": lambda _: low, "high": lambda _: high}
        sources = {name: source for name, source in sources.items() if name in named} | self.values
        p = getattr(row, "p_adjusted", None)
        return Finding(
            message,
            {name: _value(row, source) for name, source in sources.items()},
            id=".".join([self.subject, *(str(getattr(row, name)) for name in self.key)]),
            n=int(_value(row, self.n) or 0),
            interval=(float(getattr(row, ends[0])), float(getattr(row, ends[1]))) if ends else None,
            test=self.test or None,
            p_adjusted=None if p is None or pd.isna(p) else float(p),
            family=family or None,
            effect=abs(float(self.effect if isinstance(self.effect, int | float) else _value(row, self.effect))),
            reach=int(_value(row, self.reach) or 0),
            kind=self.kind,
        )

    def _none(self, table: pd.DataFrame, family: int, base: int) -> list[Finding]:
        if not self.nothing:
            return []
        if not base and isinstance(self.n, str) and self.n in table and len(table):
            base = int(table[self.n].max())
        return [
            Finding(
                self.nothing,
                {"family": family},
                id=f"{self.subject}.nothing",
                n=base,
                test=self.test or None,
                family=family,
                kind="nothing",
            )
        ]


def fact(subject: str, message: str | Callable[[Any], str], values: dict[str, Any] | None = None, **how: Any) -> Claims:
    """Claims that are no news by themselves: figures and caveats, which weigh nothing among the findings."""
    usual: dict[str, Any] = {"effect": 0.0, "reach": lambda row: 0, "kind": "fact"}
    return Claims(subject, message, values or {}, **usual | how)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that sentences may speak of: all but those the gate has marked ``hidden``."""
    return table[~table["hidden"].astype(bool)] if "hidden" in table else table


def _size(value: float, low: float, high: float) -> tuple[float, float, float]:
    """An estimate without its sign, and the ends of its interval in that direction."""
    ends = sorted((-1 if value < 0 else 1) * float(end) for end in (low, high))
    return abs(float(value)), ends[0], ends[1]


def _value(row: Any, source: str | Callable[[Any], Any]) -> Any:
    """A value of a row as plain Python: JSON and formatters know no types of numpy."""
    value = source(row) if callable(source) else getattr(row, source)
    if isinstance(value, np.generic):
        value = value.item()
    return (
        value
        if isinstance(value, Text | str | int | float | bool) or hasattr(value, "isoformat")
        else (None if value is None or pd.isna(value) else str(value))
    )
