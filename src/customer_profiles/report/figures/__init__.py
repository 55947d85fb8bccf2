"""Charts of the report: each function takes a published table and returns a `Chart`."""

from .chart import Chart
from .maps import areas, has_coordinates
from .rows import dots, pairs, shares, stacked
from .tiles import matrix, rfm_grid
from .time import sparklines, trend

__all__ = [
    "Chart",
    "areas",
    "dots",
    "has_coordinates",
    "matrix",
    "pairs",
    "rfm_grid",
    "shares",
    "sparklines",
    "stacked",
    "trend",
]
