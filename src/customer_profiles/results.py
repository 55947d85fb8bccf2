"""What an analysis returns: a frame, what of it may be shown, which claims rest on it, and what it is about.

A function of `analysis` makes the frame and knows best what counts persons in it and what adds up to what. So the
rule of disclosure, the family of comparisons and the sentences travel with the frame, and a notebook only says how it
wants to see it: ``chapter.panel(result, chart=viz.bars, x="share", y="theme")``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

import pandas as pd

from .errors import ConfigurationError
from .messages import Finding, Text
from .stats.claims import Claims
from .stats.selection import widened

Margins = Sequence[str] | Sequence[Sequence[str]] | None


@dataclass(frozen=True)
class Disclosure:
    """What counts persons in a table, and which of its rows add up to a total that a reader may know.

    Parameters
    ----------
    n : str, optional
        Column with the number of persons in the row. None for a table that counts no persons (definitions, rows of a
        source): it passes as it is.
    base : str
        Column with the denominator, if the table has it. ``n_rest`` and ``base_rest`` are known and guarded, too.
    within : sequence of str, or of such sequences, or None
        Columns that tell margins apart: rows with equal values add up to a total the reader may know. Several
        sequences are several margins of one table, for example ``(("segment", "attribute"), ("attribute", "value"))``.
        Empty: the whole table is one margin. None: rows overlap and add up to nothing. A table without the column
        ``attribute`` is one margin by default.
    mask : sequence of str, optional
        Measurements to hide; by default every number and flag but the base.
    also : sequence of str
        Further columns that count persons and must not be small.
    """

    n: str | None = "n"
    base: str = "base"
    within: Margins = ("attribute",)
    mask: Sequence[str] | None = None
    also: Sequence[str] = ()


ROWS = 20
"""Of a frame that a notebook shows."""
NOBODY = Disclosure(n=None)
"""A table that counts no persons: definitions, files, parameters."""
OVERLAPPING = Disclosure(within=None)
"""A table whose rows overlap, so that they add up to nothing."""
ONE_MARGIN = Disclosure(within=())
"""A table whose rows add up to all customers."""


@dataclass(frozen=True)
class View:
    """What of a guarded frame a chart draws: a method of DataFrame and its arguments, in their order."""

    steps: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = ()

    def then(self, method: str, *args: Any, **kwargs: Any) -> View:
        """The view with one more step."""
        return View((*self.steps, (method, args, kwargs)))

    def of(self, frame: pd.DataFrame, told: Sequence[Text] = ()) -> pd.DataFrame:
        """The rows and columns of a frame that the view shows; a choice of values also takes in what is `told` of."""
        for method, args, kwargs in self.steps:
            if method == "where":
                for column, values in kwargs.items():
                    named = [text.values[column] for text in told if column in text.values]
                    frame = frame[frame[column].isin([*values, *named])]
            else:
                frame = getattr(frame, method)(*args, **kwargs)
        return frame.reset_index(drop=True)


@dataclass(frozen=True)
class Result:
    """A frame with all that is needed to show it.

    Parameters
    ----------
    name : str
        Stable name: of the sheet in the workbook, of the anchor on the page, in findings.json.
    frame : DataFrame
        One row per group. Yours to look at, filter and plot in the notebook; what reaches a page passes the gate first.
    title : Text
        What it is about, in a few words; the title of the panel unless a claim is one.
    disclosure : Disclosure
        What counts persons in it.
    claims : Claims or callable, optional
        How its established rows are told; or from the frame with the column ``hidden`` (rows that no sentence may speak
        of) to findings, strongest first.
    family : int
        Number of comparisons that were corrected together; 0 if nothing was compared.
    about : Text, optional
        Base and period, under the chart: "Share of 1,204 tickets with text."
    note : Text, optional
        What a reader has to know of the table.
    columns : sequence of str, optional
        Columns that are published, in this order; by default all.
    needs : str
        Table of the contract, or column of the profile, without which the frame is empty.
    view : View
        Rows for the chart, see `head`, `where`, `sort_values`, `nlargest`, `query`.

    Examples
    --------
    >>> frame = pd.DataFrame({"value": ["a", "b"], "n": [30, 70], "base": 100})
    >>> Result("demo", frame, Text("Letters"), ONE_MARGIN)
    <Result 'demo': 2 rows of value, n, base; persons are counted in n>
    """

    name: str
    frame: pd.DataFrame
    title: Text
    disclosure: Disclosure = field(default_factory=Disclosure)
    claims: Callable[[pd.DataFrame], Sequence[Finding]] | None = None
    family: int = 0
    about: Text | None = None
    note: Text | None = None
    columns: Sequence[str] | None = None
    needs: str = ""
    view: View = field(default_factory=View)

    def __post_init__(self) -> None:
        if isinstance(self.claims, Claims):  # who tells a table has to know how many comparisons it holds
            object.__setattr__(self, "claims", partial(self.claims.tell, family=self.family))

    def findings(self, marked: pd.DataFrame) -> Sequence[Finding]:
        """The claims of its frame with the column ``hidden``.

        Sentences speak of rows that stood out, so their intervals are those of selected rows (`stats.selection`).
        """
        return self.claims(widened(marked, self.family)) if self.claims else []

    @classmethod
    def of(cls, frame: pd.DataFrame, title: str) -> Self:
        """A frame of one's own with the column ``n``; its rows are taken to add up to all customers.

        Raises
        ------
        ConfigurationError
            If it has no title.

        Examples
        --------
        >>> Result.of(pd.DataFrame({"group": ["a", "b"], "n": [30, 70]}), "Cases by group").name
        'cases_by_group'
        """
        words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
        if not words:
            raise ConfigurationError("a frame of your own needs a title, such as title='Cases by group'")
        return cls("_".join(words), frame, Text(title), ONE_MARGIN)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        counted = f"persons are counted in {self.disclosure.n}" if self.disclosure.n else "it counts no persons"
        compared = f"; {self.family} comparisons" if self.family else ""
        columns = ", ".join(map(str, self.frame.columns))
        return f"<Result {self.name!r}: {len(self)} rows of {columns}; {counted}{compared}>"

    def _repr_html_(self) -> str:
        from markupsafe import Markup

        rest = len(self) - ROWS
        more = Markup("<p>… {:,} more rows in .frame</p>").format(rest) if rest > 0 else ""
        shape = Markup("<p>{}</p>").format(repr(self).strip("<>"))
        return shape + Markup(self.frame.head(ROWS).to_html()) + more

    def head(self, n: int) -> Self:
        """Draw the first rows only; the evidence keeps all."""
        return replace(self, view=self.view.then("head", n))

    def nlargest(self, n: int, column: str) -> Self:
        """Draw the rows with the largest values of a column."""
        return replace(self, view=self.view.then("nlargest", n, column))

    def sort_values(self, by: str, ascending: bool = True) -> Self:
        """Draw the rows in another order."""
        return replace(self, view=self.view.then("sort_values", by, ascending=ascending, kind="stable"))

    def query(self, expression: str) -> Self:
        """Draw the rows for which an expression over columns is true, see `pandas.DataFrame.query`."""
        return replace(self, view=self.view.then("query", expression))

    def where(self, **values: object) -> Self:
        """Draw the rows in which each named column has the given value, or one of several."""
        listed = {
            name: list(value) if isinstance(value, Collection) and not isinstance(value, str) else [value]
            for name, value in values.items()
        }
        return replace(self, view=self.view.then("where", **listed))
