"""Counts what a figure shows, so that a chart of groups cannot become a chart of customers."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.spines import Spine
from matplotlib.text import Text

from ..errors import PrivacyRefused

# How often a chart may draw one row, beside reference lines and the like: two bars per pair, an interval dark and pale,
# a corner of an area above and one below, the ends and caps of an error bar.
OFTEN = {"dots": 2, "bars": 2, "tiles": 1, "intervals": 3, "points of lines": 6, "words": 3}
SLACK = {"dots": 2, "bars": 2, "tiles": 0, "intervals": 8, "points of lines": 12, "words": 12}


def count_marks(ax: Axes) -> dict[str, int]:
    """How many marks of each kind the axes and those set into them hold.

    Parameters
    ----------
    ax : Axes

    Returns
    -------
    dict
        Number of ``dots`` (of scatters and lines), ``bars`` (and other filled shapes), ``tiles``, ``intervals``,
        ``points of lines`` and ``words``.
    """
    marks: Counter[str] = Counter(dict.fromkeys(OFTEN, 0))
    for artist in ax.get_children():
        if isinstance(artist, Axes):
            marks.update(count_marks(artist))
        elif artist is not ax.patch and artist.get_visible():
            marks.update(_marks_of(artist))
    return dict(marks)


def refuse_if_more(figure: Figure, frame: pd.DataFrame) -> None:
    """Refuse a drawing with more marks than its frame has rows.

    Raises
    ------
    PrivacyRefused
        Then something else than the frame was drawn, such as single customers.
    """
    total: Counter[str] = Counter()
    for ax in figure.axes:
        marks = count_marks(ax)
        total.update(marks if ax.get_label() != "<colorbar>" else {})
    for kind, count in total.items():
        if count > OFTEN[kind] * len(frame) + SLACK[kind]:
            raise PrivacyRefused(
                f"The chart draws {count} {kind} from a table of {len(frame)} rows: that may show single customers. "
                "Draw only the frame that the chart is given; aggregate what else it should show into that frame."
            )


def _marks_of(artist: Any) -> dict[str, int]:
    if isinstance(artist, Line2D):
        points = int(np.isfinite(np.asarray(artist.get_ydata(orig=False), dtype=float)).sum())
        dotted = artist.get_marker() not in ("None", "none", "", " ", None, "_", "|")
        return {"points of lines": points, "dots": points if dotted and points > 2 else int(dotted and points > 0)}
    if isinstance(artist, PathCollection):
        return {"dots": len(np.asarray(artist.get_offsets()))}
    if isinstance(artist, LineCollection):
        return {"intervals": len(artist.get_segments())}
    if isinstance(artist, QuadMesh):
        return {"tiles": _tiles(artist)}
    if isinstance(artist, AxesImage):
        return {"tiles": int(np.prod(artist.get_size()))}
    if isinstance(artist, Collection):  # areas between lines, violins, hexagons
        paths: Any = artist.get_paths()
        areas = max(len(paths), len(np.asarray(artist.get_offsets()))) if paths else 0
        return {"bars": areas, "points of lines": sum(len(path.vertices) // 2 for path in paths)}
    if isinstance(artist, Text):
        return {"words": int(bool(artist.get_text().strip()))}
    if isinstance(artist, Patch) and not isinstance(artist, Spine):
        corners = len(artist.get_xy()) // 2 if isinstance(artist, Polygon) else 0
        return {"bars": 1, "points of lines": corners}
    return {}


def _tiles(mesh: Any) -> int:
    """Tiles with a colour; masked and fully transparent ones show nothing."""
    values = mesh.get_array()
    if values is not None and np.ndim(values) == 3:
        return int((np.asarray(values)[..., -1] > 0).sum())
    return int(np.ma.count(np.ma.masked_invalid(values))) if values is not None else 0
