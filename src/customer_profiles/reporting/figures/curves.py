"""A share that grows with the days since a beginning, with its interval as a band."""

from __future__ import annotations

from ...messages import Text
from ...privacy.disclosure import Published
from ..tables import require
from .chart import Chart, chart, drawable
from .sheet import LINE, MARGIN, WIDTH, Scale, Sheet, measure

PLOT = 240  # px, height


def curve(table: Published, title: Text, caption: Text, *, x: str = "share", along: str = "after_days") -> Chart:
    """A line over days with its 95 % interval as a band, and the number at its end.

    Parameters
    ----------
    table : Published
        One row per day: `along`, `x`, and if known ``x_low``, ``x_high``. Hidden days are skipped.
    title, caption : Text
    x, along : str

    Returns
    -------
    Chart
    """
    require(table)
    table = drawable(table, x)
    frame = table.frame[table.frame[x].notna()].sort_values(along, kind="stable").reset_index(drop=True)

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        columns = [name for name in (x, f"{x}_high") if name in frame]
        highest = float(frame[columns].max().max())
        up = Scale(0, max(highest * 1.08, 0.01), PLOT + LINE, LINE)
        decimals = 0 if highest >= 0.1 else 1
        ticks = [(tick, language.percent(tick, decimals)) for tick in up.ticks()]
        words = language.percent(float(frame[x].iloc[-1]), decimals)
        left = MARGIN + max(measure(text) for _, text in ticks) + 12
        right = WIDTH - MARGIN - measure(words, True) - 12
        across = Scale(0, max(float(frame[along].max()), 1), left, right)
        for tick, text in ticks:
            sheet.line([left, right], [up(tick)] * 2, theme.rule, 1)
            sheet.text(left - 10, up(tick), text, colour=theme.muted, align="right")
        if f"{x}_low" in frame:
            ends = [
                [(across(a), up(b)) for a, b in zip(frame[along], frame[f"{x}_{end}"], strict=True)] for end in _ENDS
            ]
            sheet.area([*ends[0], *ends[1][::-1]], theme.soft)
        xs, ys = [across(day) for day in frame[along]], [up(value) for value in frame[x]]
        sheet.line(xs, ys, theme.accent, 3, gid="curve")
        for at, height in zip(xs, ys, strict=True):
            sheet.dot(at, height, 4, theme.accent, gid="dot")
        sheet.text(WIDTH - MARGIN, ys[-1], words, bold=True, align="right", gid="last")
        y, taken = PLOT + LINE * 1.8, -1.0
        for day in frame[along]:
            name = language.format("count", int(day))
            half = measure(name) / 2
            if across(day) - half > taken + 8 or day == 0:
                sheet.text(across(day), y, name, colour=theme.muted, align="center")
                taken = across(day) + half
        sheet.text(right, y + LINE, language.text(Text("days →")), colour=theme.muted, align="right")
        return y + LINE * 1.8

    said = [
        Text("After {days:count} days: {x:share}.", {"days": int(day), "x": float(value)})
        for day, value in zip(frame[along], frame[x], strict=True)
    ]
    return chart(draw, Text("Line over days with its 95% interval."), table, title, caption, tuple(said[1:]))


_ENDS = ("low", "high")
