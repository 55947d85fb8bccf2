"""Areas on a map without a map: one bubble per area, where it lies."""

from __future__ import annotations

import math

from ...messages import Text
from ...privacy.disclosure import Published
from ..labels import column
from ..language import is_missing
from ..tables import require
from .chart import Chart, chart
from .rows import extremes
from .sheet import LINE, MARGIN, WIDTH, Sheet, measure, wrap
from .theme import mix

BIGGEST = 34  # px, radius of the area with the most customers
ROOMY = 20  # areas that find room with this radius; with more of them all bubbles become smaller
SMALLEST = 5
MOST_NAMES = 40  # those of the areas with most customers; the table has all


def areas(
    table: Published, title: Text, caption: Text, *, label: str = "area", size: str = "n", x: str = "rate"
) -> Chart:
    """Bubbles where the areas lie: as large as their number of customers, as dark as their rate.

    Parameters
    ----------
    table : Published
        `label`, ``latitude`` and ``longitude`` of the area's centre in degrees, `size` and `x`. Hidden areas are
        left out.
    title, caption : Text
    label, size, x : str

    Returns
    -------
    Chart
    """
    require(table)
    frame = table.frame[table.frame[x].notna()].sort_values(size, ascending=False, kind="stable")

    def draw(sheet: Sheet) -> float:
        theme, language = sheet.theme, sheet.language
        places = _project(frame["latitude"].astype(float), frame["longitude"].astype(float))
        rates = frame[x].astype(float)
        low, high = rates.min(), rates.max()
        kind = column(x, numeric=True).kind
        ends = [language.format(kind, value) for value in (low, high)]
        pale = mix(theme.surface, theme.accent, 0.3)
        name = language.translate(column(x, numeric=True).label)
        y = sheet.lines(MARGIN, 12.0, wrap(f"{name}:", WIDTH), colour=theme.muted) + 4
        y = sheet.key(y, [("dot", pale, ends[0]), ("dot", theme.accent, ends[1])])
        biggest = BIGGEST * math.sqrt(min(1.0, ROOMY / max(len(frame), 1)))
        bubbles, height = [], max(py for _, py in places) if places else 0.0
        for (px, py), (_, row) in zip(places, frame.iterrows(), strict=True):
            radius = max(biggest * math.sqrt(row[size] / frame[size].max()), SMALLEST)
            share = (row[x] - low) / (high - low) if high > low else 1.0
            bubbles.append((px, y + py, radius, row))
            sheet.dot(px, y + py, radius, mix(pale, theme.accent, float(share)), gid="bubble")
        taken = [(px - r, py - r, px + r, py + r) for px, py, r, _ in bubbles]
        for px, py, radius, row in bubbles[:MOST_NAMES]:
            label_beside(sheet, px, py, radius, language.label(row[label]), taken)
        return y + height + BIGGEST + LINE

    kind = Text("Map of bubbles, one per area.")
    return chart(draw, kind, table, title, caption, extremes(frame.reset_index(drop=True), label, x))


def has_coordinates(table: Published) -> bool:
    """Whether there is anything to place on a map."""
    columns = {"latitude", "longitude"}
    return columns <= set(table.frame.columns) and not any(
        is_missing(v) for c in columns for v in table.frame.loc[~table.frame["suppressed"].astype(bool), c]
    )


def _project(latitude, longitude) -> list[tuple[float, float]]:
    """Degrees to pixels with true proportions at the middle latitude."""
    if latitude.empty:
        return []
    across = math.cos(math.radians(latitude.mean()))
    wide, tall = (longitude.max() - longitude.min()) * across, latitude.max() - latitude.min()
    room = WIDTH - 2 * (MARGIN + BIGGEST) - 60
    scale = min(room / wide if wide else math.inf, 520 / tall if tall else math.inf)
    scale = scale if math.isfinite(scale) else 1.0
    left = (WIDTH - wide * scale) / 2
    return [
        (left + (lon - longitude.min()) * across * scale, BIGGEST + (latitude.max() - lat) * scale)
        for lat, lon in zip(latitude, longitude, strict=True)
    ]


def label_beside(sheet: Sheet, x: float, y: float, radius: float, words: str, taken: list) -> None:
    """Write a name beside its bubble where there is room; without room, nothing: the table has all names."""
    wide = measure(words)
    spots = [(x + radius + 5, y), (x - radius - 5 - wide, y), (x - wide / 2, y + radius + 12)]
    for left, middle in [*spots, (x - wide / 2, y - radius - 12)]:
        box = (left, middle - LINE / 2 + 3, left + wide, middle + LINE / 2 - 3)
        inside = box[0] >= MARGIN and box[2] <= WIDTH - MARGIN
        others = [t for t in taken if t != (x - radius, y - radius, x + radius, y + radius)]
        if inside and not any(_touch(box, other) for other in others):
            sheet.text(left, middle, words)
            taken.append(box)
            return


def _touch(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
