"""Charts by seaborn and matplotlib: one function per kind, ``chart(frame, ax, x=…, y=…)``, on real axes.

The frame is tidy and holds only what may be shown; what may not is missing, and nothing is drawn for it. `draw` makes
the figure, `svg` what a page takes in.
"""

from .bars import bars as bars
from .bars import paired_bars as paired_bars
from .bars import stacked_bars as stacked_bars
from .dots import dot_intervals as dot_intervals
from .drawing import draw as draw
from .drawing import house_style as house_style
from .flows import sankey as sankey
from .lines import lorenz as lorenz
from .lines import sparklines as sparklines
from .lines import step_curve as step_curve
from .lines import trend as trend
from .marks import count_marks as count_marks
from .marks import refuse_if_more as refuse_if_more
from .planes import area_bubbles as area_bubbles
from .planes import quadrants as quadrants
from .speech import Speech as Speech
from .speech import speaking as speaking
from .tiles import heatmap as heatmap
from .tiles import rfm_grid as rfm_grid
from .vector import is_foreign as is_foreign
from .vector import svg as svg
