"""Flows from place to place and curves over days: what is drawn, said, and hidden."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from matplotlib.patches import Polygon

from customer_profiles.errors import PrivacyRefused
from customer_profiles.messages import Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting import figures
from customer_profiles.reporting.figures.sheet import WIDTH
from customer_profiles.reporting.figures.theme import DARK
from customer_profiles.reporting.language import Language

TITLE, CAPTION = Text("Title"), Text("Caption")
ENGLISH, GERMAN = Language("en"), Language("de")


def flows() -> pd.DataFrame:
    rows = [
        ("−1", "path_nothing", "contact_chat", 60),
        ("−1", "visit_web", "contact_phone", 40),
        ("0", "contact_chat", "contact_phone", 30),
        ("0", "contact_chat", "path_nothing", 30),
        ("0", "contact_phone", "path_order", 40),
    ]
    table = pd.DataFrame(rows, columns=["position", "from_what", "to_what", "n"])
    return table.assign(base=100, share=table["n"] / 100)


def days() -> pd.DataFrame:
    table = pd.DataFrame({"after_days": [0, 30, 90], "n": [0, 40, 120], "base": 200})
    share = table["n"] / 200
    return table.assign(share=share, share_low=(share - 0.05).clip(0), share_high=share + 0.05)


def marks(chart, name: str, language=ENGLISH, **theme) -> list:
    axes = chart.figure(language, **theme).axes[0]
    return [mark for mark in [*axes.patches, *axes.lines, *axes.texts] if mark.get_gid() == name]


def bands(chart) -> list[Polygon]:
    return [patch for patch in chart.figure(ENGLISH).axes[0].patches if type(patch) is Polygon]


def thickness(band: Polygon) -> float:
    corners = band.get_xy()
    return float(abs(corners[-2][1] - corners[0][1]))


def test_bands_are_as_thick_as_their_customers():
    chart = figures.sankey(Gate(10).publish(flows(), within=["position"]), TITLE, CAPTION)
    drawn = [thickness(band) for band in bands(chart)]
    assert drawn == pytest.approx([n * drawn[0] / 60 for n in (60, 40, 30, 30, 40)], rel=1e-3)
    nodes = marks(chart, "node")
    assert len(nodes) == 2 + 2 + 3
    assert len({round(node.get_x()) for node in nodes}) == 3


def test_names_do_not_overlap_and_stay_on_the_sheet():
    many = pd.DataFrame({"position": "0", "from_what": "contact_chat", "to_what": [f"visit {i}" for i in range(9)]})
    many = many.assign(n=12, base=108, share=12 / 108)
    chart = figures.sankey(Gate(10).publish(many, within=["position"]), TITLE, CAPTION)
    names = [text for text in marks(chart, "name") if text.get_text().startswith("visit")]
    heights = sorted(text.get_position()[1] for text in names)
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 22
    figure = chart.figure(ENGLISH)
    for text in figure.axes[0].texts:
        box = text.get_window_extent(figure.canvas.get_renderer())
        assert box.x0 >= -1
        assert box.x1 <= WIDTH + 1


def test_small_flows_are_not_drawn_and_the_alt_text_says_so():
    table = flows()
    table.loc[3, "n"] = 4
    table.loc[2, "n"] = 56
    published = Gate(10).publish(table, within=["position"])
    chart = figures.sankey(published, TITLE, CAPTION)
    assert len(bands(chart)) == len(table) - published.suppressed < len(table)
    assert "not shown" in chart.alt_text(ENGLISH)
    assert "From “nothing” to “contact: chat”: 60" in chart.alt_text(ENGLISH)
    hidden = figures.sankey(Gate(10).publish(table.assign(n=3), within=["position"]), TITLE, CAPTION)
    assert "fewer than 10" in hidden.alt_text(ENGLISH) or "at least 10" in hidden.alt_text(ENGLISH)


def test_the_curve_rises_with_the_share():
    chart = figures.curve(Gate(10).publish(days(), within=None), TITLE, CAPTION)
    (line,) = marks(chart, "curve")
    x, y = line.get_data()
    assert (x[2] - x[0]) / (x[1] - x[0]) == pytest.approx(3)
    assert (y[0] - y[2]) / (y[0] - y[1]) == pytest.approx(3)
    assert marks(chart, "last")[0].get_text() == "60%"
    assert len(bands(chart)) == 1
    assert "After 90 days: 60" in chart.alt_text(ENGLISH)


def test_hidden_days_are_skipped():
    table = days()
    table.loc[1, "n"] = 3
    chart = figures.curve(Gate(10).publish(table, within=None), TITLE, CAPTION)
    assert len(marks(chart, "dot")) == 2
    gone = figures.curve(Gate(10).publish(table.assign(n=3), within=None), TITLE, CAPTION)
    assert not marks(gone, "curve")


def test_the_steps_of_a_matrix_keep_their_order_when_rows_are_hidden():
    table = pd.DataFrame({"value": ["a", "a", "b", "b"], "step": ["second", "third", "first", "second"]})
    table = table.assign(attribute="x", ratio=1.5, n=50, base=100, claim=True)
    published = Gate(10).publish(table, within=None)
    chart = figures.matrix(published, TITLE, CAPTION, columns="step", heads=["first", "second", "third", "fourth"])
    words = [text.get_text() for text in chart.figure(ENGLISH).axes[0].texts]
    assert [word for word in words if word in ("first", "second", "third", "fourth")] == ["first", "second", "third"]


@pytest.mark.parametrize("draw", [figures.sankey, figures.curve])
def test_both_are_drawn_in_the_dark_and_only_when_published(draw):
    table = flows() if draw is figures.sankey else days()
    chart = draw(Gate(10).publish(table, within=None), TITLE, CAPTION)
    light, dark = chart.png(ENGLISH), chart.png(ENGLISH, DARK)
    assert light != dark
    assert light == chart.png(ENGLISH)
    assert chart.figure(GERMAN).get_size_inches()[0] * 100 == WIDTH
    with pytest.raises(PrivacyRefused):
        draw(table, TITLE, CAPTION)
