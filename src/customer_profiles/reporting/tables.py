"""Published tables as HTML that reads well on paper, on a phone and with a screen reader."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
from markupsafe import Markup, escape

from ..errors import PrivacyRefused
from ..messages import Text, is_missing
from ..privacy.disclosure import Published
from .labels import Column, column
from .language import Language

FIRST_ROWS = 12  # what is seen at once; the rest unfolds
HIDDEN = "–"


# Counts of the comparison and what a p-value was before its correction: for whoever recomputes, not for the page.
ONLY_IN_WORKBOOK = frozenset({"n_rest", "base_rest", "p", "effect"})


@dataclass(frozen=True)
class Field:
    """A column as it appears: one or, with an interval, three columns of the table."""

    source: str
    column: Column
    interval: bool = False

    @property
    def css(self) -> str:
        """Class of its cells."""
        return "number" if self.column.is_number else "words"


def html(
    table: Published, title: Text, language: Language, *, note: Text | None = None, anchor: str = "table"
) -> Markup:
    """A table with caption, row headers and folded tail; without a row, its title and a sentence.

    Parameters
    ----------
    table : Published
        An estimate ``x`` with ``x_low`` and ``x_high`` becomes one cell.
    title : Text
        Caption.
    language : Language
    note : Text, optional
        What the reader has to know, under the caption.
    anchor : str
        The id that links lead to; unique on its page.

    Returns
    -------
    Markup
        ``<div class="published-table">``.

    Raises
    ------
    PrivacyRefused
        If the table has not passed the gate.
    """
    require(table)
    shown = fields(table.frame)
    rows = [_row(row, shown, language) for row in table.frame.to_dict("records")]
    head = _head(shown, language)
    anchor, caption = escape(anchor), escape(language.text(title))
    notes = [language.text(note)] if note else []
    if table.suppressed:
        notes.append(language.text(hidden_note(table)))
    parts = [Markup('<div class="published-table" id="{}">').format(anchor)]
    if rows:
        parts.append(_scrolling(rows[:FIRST_ROWS], head, f"{anchor}-caption", caption))
    else:
        parts.append(Markup('<p class="table-title">{}</p>').format(caption))
        notes.append(language.text(Text("There is nothing to list.")))
    if len(rows) > FIRST_ROWS:
        unfold = language.text(Text("{n:count} more rows", {"n": len(rows) - FIRST_ROWS}))
        more = Markup("{} ({})").format(caption, unfold)
        parts.append(Markup("<details><summary>{}</summary>").format(unfold))
        parts.append(_scrolling(rows[FIRST_ROWS:], head, f"{anchor}-more", more) + Markup("</details>"))
    parts += [Markup('<p class="table-note">{}</p>').format(text) for text in notes]
    return Markup("").join([*parts, Markup("</div>")])


def require(table: object) -> None:
    """Refuse anything that has not passed the gate."""
    if not isinstance(table, Published):
        raise PrivacyRefused(f"a {type(table).__name__} cannot be shown: publish it first")


def hidden_note(table: Published) -> Text:
    """Why some cells hold a dash."""
    return Text(
        "– stands for numbers that are not shown: fewer than {least:count} customers, or a number from which a group "
        "that small could be worked out.",
        {"least": table.min_group_size},
    )


def fields(frame: pd.DataFrame) -> list[Field]:
    """The columns that are shown, intervals joined to their estimates; what nobody has a value for is left out."""
    ends = {f"{name}_{end}" for name in frame.columns for end in ("low", "high")}
    joined = {name for name in ends & set(frame.columns) if {name.rpartition("_")[0]} <= set(frame.columns)}
    seen = frame[~frame["suppressed"].astype(bool)]
    return [
        Field(
            name,
            _column(name, frame[name]),
            interval={f"{name}_low", f"{name}_high"} <= set(frame.columns),
        )
        for name in map(str, frame.columns)
        if name not in {"suppressed", *ONLY_IN_WORKBOOK, *joined} and (seen.empty or seen[name].notna().any())
    ]


def _column(name: str, values: pd.Series) -> Column:
    """A column as the vocabulary knows it; numbers and days under the heading of words are still numbers and days."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    known = column(name, numeric=numeric)
    if numeric and known.kind == "value":
        return replace(known, kind="number")
    if known.kind == "text" and pd.api.types.is_datetime64_any_dtype(values):
        return replace(known, kind="day")
    return known


def cell(row: dict, field: Field, language: Language) -> str:
    """Text of one cell."""
    value = row[field.source]
    if is_missing(value):
        return HIDDEN if row.get("suppressed") and field.column.is_number else ""
    if field.column.kind == "text":
        return str(value)
    text = language.format(field.column.kind, value)
    low, high = (row.get(f"{field.source}_{end}") for end in ("low", "high")) if field.interval else (None, None)
    if is_missing(low) or is_missing(high):
        return text
    return f"{text} ({language.span(field.column.kind, low, high)})"


def _row(row: dict, shown: list[Field], language: Language) -> Markup:
    cells = []
    for position, field in enumerate(shown):
        text = cell(row, field, language)
        if position == 0:
            cells.append(Markup('<th scope="row" class="{}">{}</th>').format(field.css, text))
        else:
            hidden = " hidden-number" if text == HIDDEN else ""
            cells.append(Markup('<td class="{}">{}</td>').format(field.css + hidden, text))
    return Markup("<tr>") + Markup("").join(cells) + Markup("</tr>")


def _head(shown: list[Field], language: Language) -> Markup:
    cells = [
        Markup('<th scope="col" class="{}">{}</th>').format(field.css, _heading(field, language)) for field in shown
    ]
    return Markup("<thead><tr>") + Markup("").join(cells) + Markup("</tr></thead>")


def _heading(field: Field, language: Language) -> Markup:
    label = escape(language.heading(field.source))
    if not field.interval:
        return label
    return label + Markup(' <span class="unit">{}</span>').format(language.text(Text("(95% interval)")))


def _scrolling(rows: list[Markup], head: Markup, identifier: str, caption: Markup) -> Markup:
    """A table in a region that scrolls sideways and can be reached by keyboard."""
    return (
        Markup('<div class="table-scroll" role="region" aria-labelledby="{}" tabindex="0"><table>').format(identifier)
        + Markup('<caption id="{}">{}</caption>').format(identifier, caption)
        + head
        + Markup("<tbody>")
        + Markup("").join(rows)
        + Markup("</tbody></table></div>")
    )
