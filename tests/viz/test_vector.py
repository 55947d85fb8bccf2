"""The SVG of a chart: strict, short, the same every time, and coloured by name."""

import re
from xml.etree import ElementTree

import pandas as pd
import pytest
import seaborn as sns
from test_charts import KINDS, drawn, shares

from customer_profiles import viz
from customer_profiles.viz.palette import COLOURS

HOUSE = [name for name in KINDS if name not in ("seaborn dots",)]


@pytest.mark.parametrize("name", KINDS)
def test_a_strict_page_takes_it(name):
    drawing = viz.svg(drawn(name), alt='Shares of "A" & <b>', prefix="p7-")
    root = ElementTree.fromstring(drawing)
    assert drawing.startswith("<svg ")
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Shares of "A" & <b>'
    assert root.get("viewBox").startswith("0 0 720 ")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "text", "circle", "clipPath", "rect"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not names & {"style", "href", "onload", "class"}
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert all(value.startswith("p7-") for value in ids)
    assert set(re.findall(r"url\(#([^)]*)\)", drawing)) <= set(ids)
    assert not re.search(r"\d\.\d\d\d", drawing), "short numbers"
    assert len(drawing.encode()) < 20_000


@pytest.mark.parametrize("name", HOUSE)
def test_every_colour_is_the_pages(name):
    drawing = viz.svg(drawn(name))
    assert not viz.is_foreign(drawing)
    assert set(re.findall(r"var\(--([\w-]+)\)", drawing)) <= set(COLOURS)


def test_colours_of_others_stay_and_are_told():
    drawing = viz.svg(viz.draw(lambda frame, ax: ax.bar(frame["value"], frame["share"], color="#ff00ff"), shares()))
    assert 'fill="#ff00ff"' in drawing
    assert viz.is_foreign(drawing)


@pytest.mark.parametrize("name", ["bars", "trend", "heat map", "sankey", "seaborn lines"])
def test_the_same_data_give_the_same_bytes(name):
    assert viz.svg(drawn(name)) == viz.svg(drawn(name))
    figure = drawn(name)
    assert viz.svg(figure) == viz.svg(figure), "and writing changes nothing"


def test_words_stay_words_and_several_lines_stay_aligned():
    figure = viz.draw(lambda frame, ax: ax.bar(["two\nlines <&>", "b"], [1, 2]), shares())
    root = ElementTree.fromstring(viz.svg(figure))
    texts = {t.text: t for t in root.iter("{http://www.w3.org/2000/svg}text")}
    anchors = {parent.get("text-anchor") for parent in root.iter() if any(t in list(parent) for t in texts.values())}
    assert {"two", "lines <&>"} <= {*texts} or {"two lines <&>"} <= {*texts}
    assert "middle" in anchors | {t.get("text-anchor") for t in texts.values()}


def test_a_chart_of_seaborn_speaks_the_house_colours():
    drawing = viz.svg(viz.draw(lambda frame, ax: sns.barplot(frame, x="share", y="value", ax=ax), shares()))
    assert "var(--ours)" in drawing


def test_what_reaches_beyond_its_axes_is_cut_off():
    frame = pd.DataFrame(
        {"value": ["a", "b"], "ratio": [2.0, 3.0], "ratio_low": [0.001, 2.0], "ratio_high": [900.0, 4.0]}
    )
    drawing = viz.svg(viz.draw(viz.dot_intervals, frame, x="ratio"))
    assert drawing.count("<clipPath") == 1
    assert 'clip-path="url(#c0)"' in drawing
