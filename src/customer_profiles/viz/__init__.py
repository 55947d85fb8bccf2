"""Charts by seaborn and matplotlib: one function per kind, ``chart(frame, ax, x=…, y=…)``, on real axes.

The frame is tidy and holds only what may be shown; what may not is missing, and nothing is drawn for it. `draw` makes
the figure, `svg` what a page takes in.
"""

# ruff: noqa: F401 - what the package offers
from .bars import bars, paired_bars, stacked_bars
from .dots import dot_intervals
from .drawing import draw, house_style
from .flows import sankey
from .lines import lorenz, spark, sparklines, step_curve, trend
from .marks import count_marks, refuse_if_more
from .planes import area_bubbles, quadrants
from .speech import Speech, speaking
from .tiles import IN_TIME, heatmap, rfm_grid
from .vector import is_foreign, svg

ROW_BY_ROW = (bars, paired_bars, dot_intervals)
"""Charts that show each row of a frame by itself, so that the first rows make a smaller one."""
