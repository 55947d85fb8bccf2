"""Charts by seaborn and matplotlib: one function per kind, ``chart(frame, ax, x=…, y=…)``, on real axes.

The frame is tidy and holds only what may be shown; what may not is missing, and nothing is drawn for it. `draw` makes
the figure, `svg` what a page takes in.
"""

from .bars import bars, paired_bars, stacked_bars
from .dots import dot_intervals
from .drawing import draw, house_style
from .lines import trend
from .marks import count_marks, refuse_if_more
from .speech import Speech, speaking
from .tiles import heatmap
from .vector import is_foreign, svg

__all__ = [
    "Speech",
    "bars",
    "count_marks",
    "dot_intervals",
    "draw",
    "heatmap",
    "house_style",
    "is_foreign",
    "paired_bars",
    "refuse_if_more",
    "speaking",
    "stacked_bars",
    "svg",
    "trend",
]
