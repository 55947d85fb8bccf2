"""Draws any chart on axes of its own, in the house style and in the reader's language."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from ..errors import ConfigurationError
from .layout import LINE, NAMED, set_height, settle, text_size
from .marks import refuse_if_more
from .speech import Speech, speaking

STYLE = Path(__file__).with_name("style.mplstyle")
UNSET = 12.0  # inches, height of a figure before anybody chooses one: enough for whatever is drawn on the way
WIDE, SIZE, SMALL = 480, 15, 13  # points: from this width on text has SIZE, below it SMALL


def house_style(width: int = 720) -> dict:
    """Settings of matplotlib for charts of this width, for ``mpl.rc_context``."""
    return {**mpl.rc_params_from_file(STYLE, use_default_template=True), "font.size": SIZE if width >= WIDE else SMALL}


def draw(
    chart: Callable[..., object], frame: pd.DataFrame, *, width: int = 720, speech: Speech | None = None, **columns: Any
) -> Figure:
    """Call a chart on axes of its own and return the figure, which is as tall as its content.

    Parameters
    ----------
    chart : callable
        ``(frame, ax, **columns)``: one of this package, one of seaborn such as ``sns.barplot``, or anybody's, as
        ``lambda frame, ax: sns.barplot(frame, x="cases", y="group", ax=ax)``.
    frame : DataFrame
        What may be shown, and nothing else.
    width : int
        Pixels on the page.
    speech : Speech, optional
        Language of headings, values and labels; by default the one in force.
    **columns
        Handed to the chart.

    Returns
    -------
    Figure
        Belongs to no window and no pyplot state.

    Raises
    ------
    ConfigurationError
        If `chart` cannot be called that way.
    PrivacyRefused
        If more was drawn than the frame has rows.
    """
    with mpl.rc_context(house_style(width)), speaking(speech):
        figure = Figure(figsize=(width / 72, UNSET), dpi=72, layout="constrained")
        FigureCanvasAgg(figure)
        ax: Any = figure.add_subplot(GridSpec(1, 1, figure, left=0, bottom=0, right=1, top=1)[0])
        _call(chart, frame, ax, columns)
        refuse_if_more(figure, frame)
        alone = len(figure.axes) == 1
        if alone:  # with a colour bar or other axes beside it, matplotlib arranges them
            figure.set_layout_engine("none")
        own = figure.get_figheight() != UNSET
        if not own:
            set_height(ax, float(np.clip(width * 0.5, 190, 300)))
        settle(ax, frame)
        if not own and ax.yaxis.get_gid() == NAMED:  # rows of names, which need room by their number
            lines = [label.get_text().count("\n") + 2 for label in ax.get_yticklabels()]
            around = 0 if alone else ax.get_tightbbox().height - ax.get_window_extent().height
            set_height(ax, sum(lines) * LINE * text_size() + around)
            if alone:
                ax.set_position((0, 0, 1, 1))
                settle(ax, frame)
        if not alone:
            figure.draw_without_rendering()
        return figure


def _call(chart: Callable[..., object], frame: pd.DataFrame, ax: Axes, columns: dict[str, Any]) -> None:
    """Call a chart with its axes by place, or by name as seaborn takes them.

    Raises
    ------
    ConfigurationError
        If it takes neither.
    """
    try:
        takes = inspect.signature(chart)
    except (TypeError, ValueError):
        raise ConfigurationError(f"a chart is a function (frame, ax, …), not {type(chart).__name__}") from None
    try:
        takes.bind(frame, ax, **columns)
    except TypeError as by_place:
        try:
            takes.bind(frame, ax=ax, **columns)
        except TypeError:
            asked = ", ".join(["frame", "ax", *(f"{name}=…" for name in columns)])
            name = getattr(chart, "__name__", type(chart).__name__)
            raise ConfigurationError(f"chart {name} cannot be called as {name}({asked}): {by_place}") from None
        chart(frame, ax=ax, **columns)
    else:
        chart(frame, ax, **columns)
