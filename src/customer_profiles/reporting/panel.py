"""A panel: one answer of a page – a message, one chart or one small table, its base, and the evidence behind a fold.

A kernel writes panels as data into the folder of the run; pages, the workbook and findings.json are made from these
data when the last chapter has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from markupsafe import Markup

from .. import viz
from ..codes import is_mixed
from ..errors import ConfigurationError
from ..ingest.config.suggest import nearest
from ..messages import N_, NOTHING, Finding, Text, is_missing
from ..privacy.disclosure import Gate, Published
from ..results import Result
from . import findings as statements
from . import rounding, tables
from .labels import column
from .language import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE, NARROW = 720, 343
"""Pixels: a full column of a page, and a phone."""
ALSO = 1
"""Claims beside the message that are seen at once; further ones are in the evidence."""
DRAWN = frozenset({"x", "y", "hue"})
"""Arguments of a chart that name columns."""
FEW = 4
"""Rows of the small drawing that stands on the summary."""


@dataclass(frozen=True)
class Drawing:
    """A chart as the page takes it in: two drawings of the same frame, and words for those who see neither.

    Parameters
    ----------
    wide, narrow, small : str
        SVG for a full column, for a phone, and of the first rows for the summary; `small` is empty if it needs none.
    alt : str
        The message, in the language of the report.
    foreign : bool
        Whether it has colours of its own, which need a light ground.
    figure : Figure, optional
        What it was drawn from, as long as the notebook runs.
    """

    wide: str
    narrow: str
    alt: str
    foreign: bool = False
    small: str = ""
    figure: Figure | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Panel:
    """One answer.

    Parameters
    ----------
    name : str
        Of the result it shows.
    title : Text
        Its subject.
    claims : tuple of Finding
        What is said, the message first.
    about, note : Text, optional
        Base and period; what a reader has to know of the table.
    drawing : Drawing, optional
    table : Published, optional
        The evidence; None where another panel of the same result has it.
    simes : float, optional
        p-value of "none of its comparisons differs" (`stats.families.simes`): the smallest adjusted one. None where
        nothing was compared, and where another panel of the same result has it.
    asks : bool
        Whether its result looks for something to say; a frame of one's own does not.
    """

    name: str
    title: Text
    claims: tuple[Finding, ...] = ()
    about: Text | None = None
    note: Text | None = None
    drawing: Drawing | None = None
    table: Published | None = None
    simes: float | None = None
    asks: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the table stands in a file of its own."""
        drawing = self.drawing
        return {
            "name": self.name,
            "title": self.title.to_dict(),
            "claims": [claim.to_dict() for claim in self.claims],
            "about": self.about.to_dict() if self.about else None,
            "note": self.note.to_dict() if self.note else None,
            "simes": self.simes,
            "asks": self.asks,
            "drawing": {k: getattr(drawing, k) for k in ("wide", "narrow", "alt", "foreign", "small")}
            if drawing
            else None,
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any], table: Published | None) -> Self:
        """The panel as `to_dict` wrote it, with its table."""
        return cls(
            plain["name"],
            Text.from_dict(plain["title"]),
            tuple(Finding.from_dict(claim) for claim in plain["claims"]),
            Text.from_dict(plain["about"]) if plain["about"] else None,
            Text.from_dict(plain["note"]) if plain["note"] else None,
            Drawing(**plain["drawing"]) if plain["drawing"] else None,
            table,
            plain["simes"],
            plain["asks"],
        )

    def save(self, path: str | Path) -> Path:
        """Save the guarded table as ``.csv``, or the chart as ``.svg`` or ``.png``.

        Raises
        ------
        ConfigurationError
            If there is nothing to save in that form.
        """
        path = Path(path)
        if path.suffix == ".csv" and self.table is not None:
            self.table.frame.to_csv(path, index=False)
        elif path.suffix == ".svg" and self.drawing is not None:
            path.write_text(self.drawing.wide, encoding="utf-8")
        elif path.suffix == ".png" and self.drawing is not None and self.drawing.figure is not None:
            self.drawing.figure.savefig(path, dpi=2 * self.drawing.figure.dpi, metadata={"Software": None})
        else:
            raise ConfigurationError(f"panel {self.name!r} cannot be saved as {path.name}: .csv, .svg or .png")
        return path


class ChartSpeech:
    """What a chart says, in the language of the report.

    Parameters
    ----------
    language : Language
    frame : DataFrame
        What is drawn; words in its columns of values are values of the data, never names of columns.
    """

    def __init__(self, language: Language, frame: pd.DataFrame):
        self.language = language
        named = [name for name in frame.columns if column(str(name)).kind == "value"]
        self.values = {str(word) for name in named for word in frame[name].dropna()}
        segments = [name for name in frame.columns if column(str(name)).kind == "segment"]
        self.segments = {str(word).removesuffix(".0") for name in segments for word in frame[name].dropna()}

    def heading(self, name: str) -> str:
        """Heading of a column; the data set's own label comes first."""
        return self.language.heading(name)

    def value(self, name: str, number: float | date) -> str:
        """A number as it stands beside its mark."""
        if is_missing(number):
            return NOTHING
        if isinstance(number, date):
            return self.language.format("short_month", number)
        kind = column(name, numeric=True).kind
        if kind == "share":
            return self.language.percent(float(number), 0 if abs(number) >= 0.1 or number == 0 else 1)
        return self.language.short_money(float(number)) if kind == "money" else self.language.format(kind, number)

    def label(self, value: object) -> str:
        """Name of a group or a value."""
        if is_missing(value):
            return NOTHING
        if (number := str(value).removesuffix(".0")) in self.segments:
            return self.language.format("segment", number)
        return self.language.value(value) if str(value) in self.values else self.language.label(value)


def of_result(
    result: Result,
    chart: Callable[..., object] | None,
    gate: Gate,
    language: Language,
    name: str,
    *,
    alt: str = "",
    again: bool = False,
    small: bool = False,
    **columns: Any,
) -> Panel | None:
    """The panel of a result, guarded before it is drawn; None if its view has no rows.

    Parameters
    ----------
    result : Result
    chart : callable, optional
        ``(frame, ax, **columns)``; without one the panel shows the table.
    gate : Gate
    language : Language
    name : str
        Of the panel, unique on its page.
    alt : str
        What the chart says to those who do not see it; by default the message.
    again : bool
        Whether another panel has its claims and its evidence.
    small : bool
        Whether the summary may show it.
    **columns
        Handed to the chart.
    """
    published = guarded(result, gate, language)
    if not len(result.view.of(published.frame)):
        return None
    claims = () if again else told(result, published, language)
    published = (published.columns(*result.columns) if result.columns else published).placed()
    drawing = None
    shown = _named_well(result.view.of(published.frame, claims[: 1 + ALSO]))
    if chart is not None and not ("x" in columns and columns["x"] in shown and _is_empty(shown[columns["x"]])):
        words = alt or language.text(claims[0] if claims else result.title)
        drawing = draw(chart, shown, language, words, name, _named(shown, claims[:1]) if small else None, **columns)
    elif chart is not None and again:  # its evidence stands elsewhere, too
        return None
    kept, simes = (None, None) if again else (published, family_p(result, claims))
    said = (result.title, result.about, result.note)
    title, about, note = (rounding.text(text) if text and language.rounded else text for text in said)
    asks = result.claims is not None
    return Panel(name, title or result.title, claims, about, note, drawing, kept, simes, asks)


def _named_well(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows to draw: those of themes without a telling name stand in the evidence, unless there are no others."""
    mixed = frame.select_dtypes(exclude=["number", "bool"]).map(is_mixed).any(axis=1)
    return frame if mixed.all() else frame[~mixed].reset_index(drop=True)


def _is_empty(lengths: pd.Series) -> bool:
    """Whether there is nothing to draw: no number that may be shown, or nought in every row."""
    known = lengths.dropna()
    return known.empty or (pd.api.types.is_numeric_dtype(known) and not known.any())


def _named(frame: pd.DataFrame, claims: Sequence[Text]) -> pd.Series:
    """Rows that sentences speak of: those with all the names that they give."""
    named = pd.Series(False, frame.index)
    for claim in claims:
        given = {name: getattr(value, "message", value) for name, value in claim.values.items()}
        keys = [name for name in frame.select_dtypes(exclude=["number", "bool"]) if name in given]
        if keys:
            named |= (frame[keys].astype("str") == [str(given[name]) for name in keys]).all(axis=1)
    return named


def own(frame: pd.DataFrame, title: str, columns: Mapping[str, object]) -> Result:
    """A frame of one's own as a result, if it has what is to be drawn.

    Raises
    ------
    ConfigurationError
        If it has no title, or lacks a column that the chart is to draw.
    """
    result = Result.of(frame, title)
    refuse_unknown(frame, columns)
    return result


def refuse_unknown(frame: pd.DataFrame, columns: Mapping[str, object]) -> None:
    """Refuse to draw columns that a frame does not have: a house chart would leave them out.

    Raises
    ------
    ConfigurationError
        Names the column and the nearest known one.
    """
    for role in sorted(DRAWN & columns.keys()):
        name = columns[role]
        if isinstance(name, str) and name not in frame:
            near = nearest(name, map(str, frame.columns))
            raise ConfigurationError(
                f"{role}={name!r}: the table has no such column"
                + (f", did you mean {near!r}?" if near else f" (it has {', '.join(map(str, frame.columns))})")
            )


def guarded(result: Result, gate: Gate, language: Language) -> Published:
    """What may be shown of a result, in rounded numbers where the report leaves the house."""
    published = gate.guard(result)
    return replace(published, frame=rounding.frame(published.frame)) if language.rounded else published


def family_p(result: Result, claims: Sequence[Finding]) -> float | None:
    """Simes p-value of the comparisons behind a result: of all rows, those that are not shown included.

    None where something was claimed without a p-value, by an interval: nothing is known then to correct.
    """
    if not result.family:
        return None
    column = result.frame.get("p_adjusted")
    made = column.dropna() if column is not None else []
    known = [float(p) for p in made] or [claim.p_adjusted for claim in claims if claim.p_adjusted is not None]
    if not known and any(claim.kind != "nothing" for claim in claims):
        return None
    return min(known, default=1.0)


def is_vague(finding: Finding) -> bool:
    """Whether it speaks of a theme that has no telling name: it is true, but no news."""
    return any(map(is_mixed, finding.values.values()))


def told(result: Result, published: Published, language: Language) -> tuple[Finding, ...]:
    """The claims of a result about rows that have passed the gate, each with the table that it was read from."""
    if result.claims is None or not len(result.frame):
        return ()
    table = rounding.frame(result.frame) if language.rounded else result.frame
    claims = result.findings(published.marks(table))
    if language.rounded:
        shown = rounding.shown_in(table)
        claims = [rounding.text(claim, shown) for claim in claims]
    claims = sorted(claims, key=is_vague)
    return tuple(claim if claim.table else replace(claim, table=result.name) for claim in claims)


def draw(
    chart: Callable[..., object],
    frame: pd.DataFrame,
    language: Language,
    alt: str,
    name: str,
    small: pd.Series | None = None,
    **columns: object,
) -> Drawing:
    """Draw a guarded frame at both widths.

    Parameters
    ----------
    chart : callable
        ``(frame, ax, **columns)``.
    frame : DataFrame
        What may be shown; numbers that may not are missing.
    language : Language
    alt : str
        The message.
    name : str
        Prefix of the ids in the drawing, unique on its page.
    small : Series of bool, optional
        Whether to draw a few rows once more, for the summary: the first ones, after those that are true here if none
        of them is among the first.
    """
    speech = ChartSpeech(language, frame)
    frame = frame.drop(columns="suppressed", errors="ignore")
    figures = [viz.draw(chart, frame, width=width, speech=speech, **columns) for width in (WIDE, NARROW)]
    wide, narrow = (viz.svg(figure, alt=alt, prefix=f"{name}-{i}-") for i, figure in enumerate(figures))
    few = ""
    if small is not None:
        known = frame.dropna(subset=[name for name in (columns.get("x"),) if name in frame])
        if not small[known.index][:FEW].any():
            known = known.iloc[np.argsort(~small[known.index], kind="stable")]
        rows = known.head(FEW) if chart in viz.ROW_BY_ROW else frame
        figure = viz.draw(chart, rows, width=NARROW, speech=speech, **columns)
        few = viz.svg(figure, alt=alt, prefix=f"{name}-few-")
    return Drawing(wide, narrow, alt, viz.is_foreign(wide), few, figures[0])


def html(panel: Panel, language: Language, as_of: date, level: int = 3, evidence: bool = True) -> Markup:
    """A panel as a block of a page, its title a heading of that level; a slide leaves the evidence to the page."""
    message, *others = panel.claims or (None,)
    said = [other for other in others if other is not None]
    found = [other for other in said if other.kind != "nothing"]  # the rest stands where the page tells what it is not
    seen = (found if message and message.kind != "nothing" else said)[:ALSO]
    title, subject = language.news(message) if message else language.text(panel.title), language.text(panel.title)
    parts = [
        Markup('<p class="subject">{}</p>').format(subject) if message else "",
        Markup("<h{}>{}</h{}>").format(level, title, level),
        _list(seen, language),
    ]
    if panel.drawing:
        parts.append(_figure(panel.drawing))
    visible = panel.table is not None and panel.drawing is None
    if visible:
        parts.append(_table(panel, language))
    parts.append(_base(panel, language, as_of))
    folded = [statements.html([*([message] if message else []), *said], language)]
    if panel.table is not None and not visible:
        folded.append(_table(panel, language))
    if evidence and any(folded):
        fold = Markup("<details><summary>{}</summary>{}</details>")
        parts.append(fold.format(language.translate(N_("Evidence")), Markup("").join(filter(None, folded))))
    body = Markup("").join(filter(None, parts))
    return Markup('<section class="panel" id="panel-{}">{}</section>').format(panel.name, body)


def _figure(drawing: Drawing) -> Markup:
    kind = "chart foreign" if drawing.foreign else "chart"
    shown = Markup('<figure class="{}"><div class="wide">{}</div><div class="narrow">{}</div></figure>')
    return shown.format(kind, Markup(drawing.wide), Markup(drawing.narrow))


def _table(panel: Panel, language: Language) -> Markup:
    assert panel.table is not None  # whoever asks has seen it
    return tables.html(panel.table, panel.title, language, note=panel.note, anchor=f"table-{panel.name}")


def _base(panel: Panel, language: Language, as_of: date) -> Markup:
    """Base and period of what is seen, and how much of it is hidden."""
    said = [language.text(panel.about)] if panel.about else []
    said.append(language.text(Text(N_("As of {day:day}."), {"day": as_of})))
    if panel.drawing and panel.table is not None and panel.table.suppressed:
        values = {"hidden": panel.table.suppressed, "least": panel.table.min_group_size}
        hidden = N_("{hidden:count} not shown, because fewer than {least:count} customers are concerned.")
        said.append(language.text(Text(hidden, values)))
    return Markup('<p class="base">{}</p>').format(" ".join(said))


def _list(claims: Sequence[Finding], language: Language) -> Markup:
    if not claims:
        return Markup("")
    items = Markup("").join(Markup("<li>{}</li>").format(language.news(claim, brief=True)) for claim in claims)
    return Markup('<ul class="also">{}</ul>').format(items)
