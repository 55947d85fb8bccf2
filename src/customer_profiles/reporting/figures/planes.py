"""Two numbers against each other: values of traits by share and index, and the curve of concentration."""

from __future__ import annotations

import math

from ...messages import Text
from ...privacy.disclosure import Published
from ..tables import require
from .chart import Chart, chart
from .maps import label_beside
from .rows import extremes
from .sheet import LINE, MARGIN, WIDTH, Scale, Sheet, measure

TALL = 430  # px, height of the plane
LEFT = 64  # px, for the numbers of the upright axis
MOST_NAMES = 12  # names written; the table has all
DOT = 6


def quadrants(
    table: Published, title: Text, caption: Text, *, across: float, x: str = "share", y: str = "index"
) -> Chart:
    """Values of traits by how frequent they are and by their index: core, developmental, niche, marginal.

    Parameters
    ----------
    table : Published
        ``attribute, value, claim``, the share `x` and the index `y`; one dot is a group of customers, never a person.
    title, caption : Text
    across : float
        Share from which a value is typical: where the upright line stands.
    x, y : str

    Returns
    -------
    Chart
    """
    require(table)
    frame = table.frame.loc[table.frame[x].notna() & (table.frame[y] > 0)].reset_index(drop=True)
    claims = frame["claim"].fillna(False).astype(bool)

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        established, chance = language.text(Text("difference established")), language.text(Text("could be chance"))
        top = sheet.key(12.0, [("dot", theme.ink, established), ("ring", theme.neutral, chance)]) + LINE
        right = Scale(0, max(frame[x].max(), across) * 1.1, LEFT, WIDTH - MARGIN - 10)
        reach = max(1.5, *(max(v / 100, 100 / v) for v in frame[y].astype(float).clip(100 / 8, 800)))
        up = Scale(100 / reach / 1.1, 100 * reach * 1.1, top + TALL, top, log=True)
        _frame(sheet, right, up, top, across)
        taken = [
            (right(a) - DOT, up(b) - DOT, right(a) + DOT, up(b) + DOT) for a, b in zip(frame[x], frame[y], strict=True)
        ]
        taken += _corners(sheet, right(across), top)
        strongest = frame[y].map(lambda v: abs(math.log(v / 100))).where(claims).sort_values(ascending=False).dropna()
        for row in frame.assign(claim=claims).to_dict("records"):
            colour = (theme.accent if row[y] >= 100 else theme.warm) if row["claim"] else theme.neutral
            sheet.dot(right(row[x]), up(row[y]), DOT, colour, hollow=not row["claim"], gid="dot")
        for i in strongest.index[:MOST_NAMES]:
            row = frame.loc[i]
            label_beside(sheet, right(row[x]), up(row[y]), DOT, language.label(row["value"]), taken)
        words = language.text(Text("share of the customers →"))
        sheet.text(WIDTH - MARGIN, top + TALL + LINE * 1.7, words, colour=theme.muted, align="right")
        return top + TALL + LINE * 2.4

    kind = Text("Plane of share and index, one dot per value of a trait.")
    return chart(draw, kind, table, title, caption, extremes(frame, "value", y))


def concentration(
    table: Published, title: Text, caption: Text, *, x: str = "buyers_share", y: str = "spend_share"
) -> Chart:
    """Lorenz curve: the farther it hangs below the diagonal, the fewer buyers account for the spend.

    Parameters
    ----------
    table : Published
        Shares `x` of buyers from the smallest on, and their share `y` of the spend.
    title, caption : Text
    x, y : str

    Returns
    -------
    Chart
    """
    require(table)
    frame = table.frame.loc[table.frame[y].notna()].reset_index(drop=True)

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        names = [language.text(Text("spend")), language.text(Text("if all spent the same"))]
        top = sheet.key(12.0, [("bar", theme.accent, names[0]), ("bar", theme.neutral, names[1])])
        right, up = Scale(0, 1, LEFT, WIDTH - MARGIN - 24), Scale(0, 1, top + TALL, top + 8)
        for tick in (0, 0.25, 0.5, 0.75, 1):
            sheet.line([LEFT, WIDTH - MARGIN - 24], [up(tick)] * 2, theme.rule, 1)
            sheet.text(LEFT - 8, up(tick), language.percent(tick), colour=theme.muted, align="right")
            sheet.text(right(tick), top + TALL + LINE * 0.8, language.percent(tick), colour=theme.muted, align="center")
        sheet.line([right(0), right(1)], [up(0), up(1)], theme.neutral, 2, dashed=True, gid="equal")
        sheet.line([right(v) for v in frame[x]], [up(v) for v in frame[y]], theme.accent, 3, gid="curve")
        words = language.text(Text("buyers, from the smallest on →"))
        sheet.text(WIDTH - MARGIN, top + TALL + LINE * 1.9, words, colour=theme.muted, align="right")
        return top + TALL + LINE * 2.6

    half = frame.iloc[(frame[x] - 0.5).abs().argsort()[:1]]
    said = [
        Text("The smaller {x:share} of buyers account for {y:share} of the spend.", {"x": float(a), "y": float(b)})
        for a, b in zip(half[x], half[y], strict=True)
    ]
    return chart(draw, Text("Curve of concentration."), table, title, caption, tuple(said))


def _frame(sheet: Sheet, right: Scale, up: Scale, top: float, across: float) -> None:
    """Axes with their numbers, and the two lines that part the plane."""
    theme, language = sheet.theme, sheet.language
    for tick in right.ticks():
        sheet.line([right(tick)] * 2, [top, top + TALL], theme.rule, 1)
        sheet.text(right(tick), top + TALL + LINE * 0.7, language.percent(tick), colour=theme.muted, align="center")
    for tick in sorted({*up.ticks(6), 100.0}):
        sheet.line([LEFT, WIDTH - MARGIN - 10], [up(tick)] * 2, theme.rule, 1)
        if tick == 100 or abs(up(tick) - up(100)) > LINE:
            sheet.text(LEFT - 8, up(tick), language.format("index", tick), colour=theme.muted, align="right")
    sheet.line([LEFT, WIDTH - MARGIN - 10], [up(100)] * 2, theme.muted, 2)
    sheet.line([right(across)] * 2, [top, top + TALL], theme.muted, 2)
    sheet.text(MARGIN, top - LINE * 0.8, language.text(Text("index ↑")), colour=theme.muted)


def _corners(sheet: Sheet, middle: float, top: float) -> list[tuple[float, float, float, float]]:
    """Names of the four fields in their corners; returns the room they take."""
    edge, low, taken = WIDTH - MARGIN - 10, top + TALL - LINE * 0.6, []
    fields = [
        (Text("niche"), LEFT + 6, top + LINE * 0.6, "left"),
        (Text("core"), edge - 6, top + LINE * 0.6, "right"),
        (Text("marginal"), LEFT + 6, low, "left"),
        (Text("developmental"), edge - 6, low, "right"),
    ]
    for text, x, y, align in fields:
        words = sheet.language.text(text)
        wide = measure(words, True)
        if wide > (middle - LEFT if align == "left" else edge - middle):
            continue
        sheet.text(x, y, words, colour=sheet.theme.muted, bold=True, align=align, gid="field")
        start = x if align == "left" else x - wide
        taken.append((start, y - LINE / 2, start + wide, y + LINE / 2))
    return taken
