"""Planes: dots where share and index are, the curve of concentration, and nothing of single persons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_profiles.errors import PrivacyRefused
from customer_profiles.messages import Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting import figures
from customer_profiles.reporting.language import Language

TITLE, CAPTION = Text("Title"), Text("Caption")
ENGLISH = Language("en")


def indices() -> pd.DataFrame:
    table = pd.DataFrame(
        {"attribute": "age_band", "value": ["18–34", "35–64", "65+", "rare"], "n": [300, 560, 130, 10]}
    )
    table = table.assign(base=1000, share=table["n"] / 1000, index=[200.0, 100.0, 50.0, 1.0])
    return table.assign(claim=[True, False, True, False])


def marks(chart, name: str) -> list:
    axes = chart.figure(ENGLISH).axes[0]
    return [mark for mark in [*axes.patches, *axes.lines, *axes.texts] if mark.get_gid() == name]


def test_dots_stand_at_share_and_index():
    chart = figures.quadrants(Gate(10).publish(indices()), TITLE, CAPTION, across=0.2)
    first, middle, last, _ = (dot.center for dot in marks(chart, "dot"))
    assert first[1] < middle[1] < last[1]  # pixels run downwards
    assert middle[1] - first[1] == pytest.approx(last[1] - middle[1])  # doubling and halving are equally far
    assert (first[0] - last[0]) / (middle[0] - last[0]) == pytest.approx(170 / 430)
    words = [text.get_text() for text in chart.figure(ENGLISH).axes[0].texts]
    assert {"18–34", "65+", "core", "niche"} <= set(words)
    assert "35–64" not in words  # could be chance: a hollow dot without a name
    assert "index" in " ".join(words)


def test_hidden_rows_are_not_drawn():
    table = indices()
    table.loc[3, "n"] = 3
    published = Gate(10).publish(table)
    chart = figures.quadrants(published, TITLE, CAPTION, across=0.2)
    assert len(marks(chart, "dot")) == len(table) - published.suppressed < len(table)


def test_nothing_to_draw_is_said():
    table = indices().assign(n=3, base=12)
    chart = figures.quadrants(Gate(10).publish(table), TITLE, CAPTION, across=0.2)
    assert "at least 10" in chart.alt_text(ENGLISH) or "fewer than 10" in chart.alt_text(ENGLISH)
    chart.figure(ENGLISH)


def test_the_curve_hangs_below_the_diagonal():
    shares = np.linspace(0, 1, 6)
    table = pd.DataFrame({"buyers_share": shares, "spend_share": shares**2, "n": [0, 20, 20, 20, 20, 20]})
    chart = figures.concentration(Gate(10).publish(table, within=None), TITLE, CAPTION)
    (curve,), (equal,) = marks(chart, "curve"), marks(chart, "equal")
    x, y = curve.get_data()
    assert (x[0], x[-1]) == tuple(equal.get_data()[0])
    assert (y[0], y[-1]) == tuple(equal.get_data()[1])
    assert (y[0] - y[2]) / (y[0] - y[-1]) == pytest.approx(0.4**2)
    assert "40" in chart.alt_text(ENGLISH) or "60" in chart.alt_text(ENGLISH)


@pytest.mark.parametrize(
    "draw",
    [lambda t: figures.quadrants(t, TITLE, CAPTION, across=0.2), lambda t: figures.concentration(t, TITLE, CAPTION)],
)
def test_only_published_tables_are_drawn(draw):
    with pytest.raises(PrivacyRefused):
        draw(indices())
