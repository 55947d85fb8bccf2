"""Charts of the report: each function takes a published table and returns a `Chart`."""

from .bars import pairs, shares, stacked
from .chart import Chart
from .curves import curve
from .dots import dots
from .flows import sankey
from .maps import areas, has_coordinates
from .planes import concentration, quadrants
from .tiles import matrix, rfm_grid
from .time import sparklines, trend

__all__ = [
    "Chart",
    "areas",
    "concentration",
    "curve",
    "dots",
    "has_coordinates",
    "matrix",
    "pairs",
    "quadrants",
    "rfm_grid",
    "sankey",
    "shares",
    "sparklines",
    "stacked",
    "trend",
]
