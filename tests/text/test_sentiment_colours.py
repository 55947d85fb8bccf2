"""Good is green and bad is orange, whatever is drawn: the meaning of a colour follows from the order of the rows."""

from __future__ import annotations

import pandas as pd

from customer_profiles import viz
from customer_profiles.analysis.feedback import scores
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.panel import ChartSpeech
from customer_profiles.text.sentiment import summaries
from customer_profiles.viz import palette


def colours(frame: pd.DataFrame, y: str, hue: str) -> dict[float, str]:
    """Colour of the bar of each share."""
    from matplotlib.colors import to_hex

    figure = viz.draw(
        viz.stacked_bars, frame, speech=ChartSpeech(Language("en"), frame), y=y, hue=hue, x="share", diverging=True
    )
    bars = [bar for container in figure.axes[0].containers for bar in container]
    return {round(bar.get_width(), 3): to_hex(bar.get_facecolor()) for bar in bars}


def test_positive_comments_are_green():
    heard = pd.DataFrame({"theme": "parcel", "sentiment": ["positive"] * 7 + ["neutral"] * 2 + ["negative"]})
    frame = summaries.by_theme(heard.assign(customer_no=range(10))).frame
    assert colours(frame, "theme", "sentiment") == {0.7: palette.GOOD, 0.2: palette.NEUTRAL, 0.1: palette.BAD}


def test_satisfied_customers_are_green():
    said = pd.DataFrame({"metric": "nps", "good": [True] * 6 + [False] * 4, "poor": [False] * 9 + [True]})
    said = said.assign(score=8.0, customer_no=range(10))
    frame = scores.boxes(said).frame
    assert colours(frame, "metric", "value") == {0.6: palette.GOOD, 0.3: palette.NEUTRAL, 0.1: palette.BAD}
