"""Charts over time: a score with its interval and what happened, and small lines side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ...messages import Text
from ...privacy.disclosure import Published
from ..labels import column
from ..tables import require
from .chart import Chart, chart, drawable
from .rows import extremes
from .sheet import LINE, MARGIN, WIDTH, Scale, Sheet, measure, wrap

PLOT = 230  # px, height of the area of a trend
SPARK = 46  # px, height of a small line
WIDEST_EVENT = 230  # px, of a line of an event's name


def trend(
    table: Published,
    title: Text,
    caption: Text,
    *,
    x: str = "nps",
    month: str = "month",
    events: pd.DataFrame | None = None,
) -> Chart:
    """A line by month with its 95 % interval as a band and events as marks.

    Parameters
    ----------
    table : Published
        `month` (timestamps), `x`, and if known ``x_low``, ``x_high``. Hidden months leave a gap.
    title, caption : Text
    x, month : str
    events : DataFrame, optional
        ``at`` (timestamps) and ``name``; those outside the months are left out.

    Returns
    -------
    Chart
    """
    require(table)
    table = drawable(table, x)
    frame = table.frame.sort_values(month, kind="stable").reset_index(drop=True)
    days = frame[month].map(lambda day: pd.Timestamp(day).toordinal()).astype(float)
    kind = column(x, numeric=True).kind

    def draw(sheet: Sheet) -> float:
        language, theme = sheet.language, sheet.theme
        up = _vertical(frame, x)
        ticks = [(tick, _label(language, tick, kind)) for tick in up.ticks()]
        left = MARGIN + max(measure(words) for _, words in ticks) + 12
        right = WIDTH - MARGIN - max(measure(_label(language, v, kind), True) for v in frame[x].dropna()) - 14
        across = Scale(days.min(), max(days.max(), days.min() + 1), left, right)
        top, marks = _events(sheet, events, across, left, right)
        up = Scale(up.low, up.high, top + PLOT, top)
        for tick, words in ticks:
            sheet.line([left, right], [up(tick)] * 2, theme.rule, 1)
            sheet.text(left - 10, up(tick), words, colour=theme.muted, align="right")
        for mark, y in marks:
            sheet.line([mark] * 2, [y, top + PLOT], theme.muted, 1.5, dashed=True, gid="event")
        for piece in _pieces(frame[x].notna()):
            _draw_piece(sheet, frame.loc[piece], days.loc[piece], x, across, up)
        last = frame[x].last_valid_index()
        y = up(frame[x][last])
        sheet.dot(across(days[last]), y, 5, theme.accent)
        sheet.text(across(days[last]) + 12, y, _label(language, frame[x][last], kind), bold=True, colour=theme.accent)
        return _months(sheet, frame[month], days, across, top + PLOT)

    names = frame.assign(_name=[Text("{month:month}", {"month": pd.Timestamp(day)}) for day in frame[month]])
    words = Text("Line by month with its 95% interval.") if f"{x}_low" in frame else Text("Line by month.")
    return chart(draw, words, table, title, caption, extremes(names, "_name", x))


def sparklines(
    table: Published,
    title: Text,
    caption: Text,
    *,
    label: str = "theme",
    x: str = "n",
    month: str = "month",
) -> Chart:
    """One small line per group on a common scale, with its last value.

    Parameters
    ----------
    table : Published
        `label`, `month` and `x`; groups come in the order of their first appearance.
    title, caption : Text
    label, x, month : str

    Returns
    -------
    Chart
    """
    require(table)
    table = drawable(table, x)
    frame = table.frame.sort_values(month, kind="stable").reset_index(drop=True)
    groups = list(dict.fromkeys(table.frame[label]))
    days = frame[month].map(lambda day: pd.Timestamp(day).toordinal()).astype(float)
    kind = column(x, numeric=True).kind
    top = float(frame[x].astype(float).max())

    def draw(sheet: Sheet) -> float:
        language, theme = sheet.language, sheet.theme
        names = [wrap(language.label(group), WIDTH * 0.4) for group in groups]
        left = MARGIN + max((measure(line) for name in names for line in name), default=0) + 14
        right = WIDTH - MARGIN - measure(_label(language, top, kind), True) - 16
        across = Scale(days.min(), max(days.max(), days.min() + 1), left, right)
        y = 4.0
        for group, name in zip(groups, names, strict=True):
            mine = frame[frame[label] == group]
            height = max(SPARK, len(name) * LINE)
            up = Scale(0, top, y + height - 2, y + 4)
            sheet.lines(MARGIN, y + height / 2 - (len(name) - 1) * LINE / 2, name)
            sheet.line([left, right], [y + height - 2] * 2, theme.rule, 1)
            for piece in _pieces(mine[x].notna()):
                xs = [across(days[i]) for i in piece]
                ys = [up(float(mine[x][i])) for i in piece]
                if len(piece) == 1:
                    sheet.dot(xs[0], ys[0], 2, theme.accent)
                sheet.line(xs, ys, theme.accent, 2, gid="line")
            if (last := mine[x].last_valid_index()) is None:
                sheet.text(WIDTH - MARGIN, y + height / 2, "–", colour=theme.muted, align="right")
            else:
                at = up(float(mine[x][last]))
                sheet.dot(across(days[last]), at, 4, theme.accent)
                value = _label(language, mine[x][last], kind)
                sheet.text(WIDTH - MARGIN, y + height / 2, value, bold=True, align="right")
            y += height + 10
        return _months(sheet, frame[month], days, across, y - 8)

    named = frame.assign(
        _name=[
            Text("{name:label}, {month:month}", {"name": name, "month": pd.Timestamp(day)})
            for name, day in zip(frame[label], frame[month], strict=True)
        ]
    )
    return chart(draw, Text("Lines by month."), table, title, caption, extremes(named, "_name", x))


@dataclass(frozen=True)
class _Name:
    """Name of an event above the plot: where its mark stands, what it covers, in which lane (0: the lowest)."""

    mark: float
    start: float
    end: float
    lane: int
    lines: list[str]


def _events(sheet: Sheet, events: pd.DataFrame | None, across: Scale, left: float, right: float):
    """Write the names of events above the plot; returns the top of the plot and x and y from where marks fall."""
    names: list[_Name] = []
    for row in [] if events is None else events.sort_values(["at", "name"]).itertuples():
        if across.low <= (day := pd.Timestamp(row.at).toordinal()) <= across.high:
            lines = wrap(sheet.language.label(row.name), WIDEST_EVENT, most=2)
            names.append(_placed(across(day), lines, names, left, right))
    lanes = sorted({name.lane for name in names}, reverse=True)
    y, marks = 12.0, []
    for lane in lanes:
        here = [name for name in names if name.lane == lane]
        deep = max(len(name.lines) for name in here)
        for name in here:
            first = y + (deep - len(name.lines)) * LINE
            ends = abs(name.end - name.mark) < 1
            style = {"align": "right" if ends else "left", "colour": sheet.theme.muted}
            below = sheet.lines(name.end if ends else name.start, first, name.lines, **style)
            marks.append((name.mark, below - LINE / 2))
        y += deep * LINE + 6
    return y + (8 if lanes else 0), marks


def _placed(mark: float, lines: list[str], others: list[_Name], left: float, right: float) -> _Name:
    """The lowest place for a name where it covers no other, and no mark runs through a name."""
    wide = max(map(measure, lines))
    # Names to the left of their mark, later ones above earlier ones, never run into each other.
    starts = [min(max(start, left), right - wide) for start in (mark - wide, mark, mark - wide / 2)]
    lanes = sorted({name.lane for name in others}) or [0]
    for start in starts:
        for lane in (*lanes, lanes[0] - 1, lanes[-1] + 1):
            name = _Name(mark, start, start + wide, lane, lines)
            if not any(_conflict(name, other) for other in others):
                return name
    return _Name(mark, starts[0], starts[0] + wide, lanes[-1] + 1, lines)


def _conflict(one: _Name, other: _Name) -> bool:
    if one.lane == other.lane:
        return one.start - 12 < other.end and other.start - 12 < one.end
    upper, lower = (one, other) if one.lane > other.lane else (other, one)
    return lower.start - 4 < upper.mark < lower.end + 4


def _vertical(frame: pd.DataFrame, x: str) -> Scale:
    columns = [c for c in (x, f"{x}_low", f"{x}_high") if c in frame]
    numbers = [v for v in frame[columns].astype(float).to_numpy().ravel() if math.isfinite(v)]
    room = (max(numbers) - min(numbers)) * 0.05 or 1.0
    return Scale(min(numbers) - room, max(numbers) + room, 0, 1)


def _draw_piece(sheet: Sheet, piece: pd.DataFrame, days: pd.Series, x: str, across: Scale, up: Scale) -> None:
    """Months without a gap: band, then line."""
    xs = [across(day) for day in days]
    if {f"{x}_low", f"{x}_high"} <= set(piece.columns):
        low, high = (piece[f"{x}_{end}"].astype(float).fillna(piece[x].astype(float)) for end in ("low", "high"))
        outline = [*zip(xs, map(up, high), strict=True), *reversed(list(zip(xs, map(up, low), strict=True)))]
        if len(outline) > 2:
            sheet.area(outline, sheet.theme.soft)
        else:
            sheet.line(*zip(*outline, strict=True), sheet.theme.soft, 8)
    ys = [up(float(value)) for value in piece[x]]
    if len(ys) == 1:
        sheet.dot(xs[0], ys[0], 3, sheet.theme.accent)
    sheet.line(xs, ys, sheet.theme.accent, 3, gid="line")


def _pieces(known: pd.Series) -> list[list]:
    """Index labels of runs of known values."""
    runs = (known != known.shift()).cumsum()
    return [list(run.index) for _, run in known.groupby(runs) if run.iloc[0]]


def _months(sheet: Sheet, months: pd.Series, days: pd.Series, across: Scale, y: float) -> float:
    """First and last month, one name if they are the same, and the turns of years between where there is room."""
    language, theme = sheet.language, sheet.theme
    first, last = months.iloc[0], months.iloc[-1]
    right_edge = across.end
    left_words, right_words = (language.format("short_month", pd.Timestamp(day)) for day in (first, last))
    sheet.text(across.start, y + LINE * 0.8, left_words, colour=theme.muted)
    edges = [across.start + measure(left_words) + 14, right_edge - measure(right_words) - 14]
    if first != last and edges[0] < edges[1] + 14:
        sheet.text(right_edge, y + LINE * 0.8, right_words, colour=theme.muted, align="right")
        for month, day in dict(zip(months, days, strict=True)).items():
            if pd.Timestamp(month).month != 1:
                continue
            words = str(pd.Timestamp(month).year)
            half = measure(words) / 2
            if across(day) - half > edges[0] and across(day) + half < edges[1]:
                sheet.text(across(day), y + LINE * 0.8, words, colour=theme.muted, align="center")
                edges[0] = across(day) + half + 14
    return y + LINE * 1.6


def _label(language, value: float, kind: str) -> str:
    if kind == "share":
        return language.percent(float(value))
    return language.short_money(float(value)) if kind == "money" else language.format(kind, float(value))
