"""What charts draw, say and weigh: the marks on the sheet, never the pixels."""

from __future__ import annotations

import base64
import io
import itertools
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from customer_profiles.errors import PrivacyRefused
from customer_profiles.messages import Text
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting import figures
from customer_profiles.reporting.figures import sheet, theme
from customer_profiles.reporting.language import Language

GATE = Gate(10)
TITLE, CAPTION = Text("Title"), Text("n = {n:count}", {"n": 1800})
LONG = {
    "channel": {"en": "Preferred channel", "de": "Bevorzugter Kommunikationskanal"},
    "phone": {"en": "phone", "de": "Telefonische Kundendienstberatung"},
    "chat": {"en": "chat", "de": "Donaudampfschifffahrtsgesellschaftskapitänsmützenverkaufsberatung"},
}
ENGLISH, GERMAN = Language("en", labels=LONG), Language("de", labels=LONG)
MONTHS = pd.date_range("2024-01-01", periods=24, freq="MS")
EVENTS = pd.DataFrame(
    {
        "at": pd.to_datetime(["2025-09-01", "2025-06-10", "2024-02-01", "2025-11-15", "2023-01-01"]),
        "name": ["Umzug des Zentrallagers nach Leipzig", "App relaunch", "Price rise", "Black Friday outage", "Before"],
    }
)


def distribution():
    table = pd.DataFrame(
        {
            "attribute": ["age_band"] * 4 + ["channel"] * 2,
            "value": ["18–24", "25–34", "35–44", "65+", "phone", "chat"],
            "n": [100, 400, 3, 497, 700, 300],
            "base": 1000,
        }
    )
    table["share"] = table.n / table.base
    return table.assign(share_low=table.share - 0.02, share_high=table.share + 0.02, reference=table.share * 1.2)


def ratios(x="ratio", factor=1.0):
    table = pd.DataFrame({"attribute": "channel", "value": ["phone", "chat", "65+", "x"], "n": [50, 40, 30, 3]})
    table[x] = np.array([2.0, 1.1, 0.5, 9.0]) * factor
    return table.assign(**{f"{x}_low": table[x] * 0.8, f"{x}_high": table[x] * 1.25}, claim=[True, False, True, True])


def matrix_table():
    themes = ["Paket verspätet, Lieferung", "sizes run small", "Checkout stürzt ab", "Rückerstattung", "Newsletter"]
    values = [("age_band", "18–24"), ("age_band", "65+"), ("channel", "phone")]
    rows = [(a, v, t, 50, 2.0, True) for (a, v), t in itertools.product(values, themes)]
    table = pd.DataFrame(rows, columns=["attribute", "value", "theme", "n", "ratio", "claim"])
    table.loc[0, "n"] = 4
    return table.drop(index=1)


def months_table():
    return pd.DataFrame({"month": MONTHS, "n": [50] * 5 + [3] + [50] * 18, "nps": np.linspace(-20, 30, 24)}).assign(
        nps_low=lambda t: t.nps - 9, nps_high=lambda t: t.nps + 9
    )


def charts():
    publish = GATE.publish
    segments = pd.DataFrame({"segment": ["Loyal", "Bargain hunters"], "n": [300, 700], "base": 1000})
    segments = segments.assign(share=[0.3, 0.7], spend_share=[0.65, 0.35])
    boxes = ["promoters", "passives", "detractors"]
    parts = pd.DataFrame({"metric": ["nps"] * 3 + ["csat"] * 3, "value": boxes * 2, "n": 100})
    parts = parts.assign(share=[0.5, 0.2, 0.3, 0.3, 0.3, 0.4])
    plane = pd.DataFrame([(r, fm, 40) for r in range(1, 6) for fm in range(1, 6)], columns=["r", "fm", "n"])
    places = pd.DataFrame(
        {"area": ["Bayern", "Berlin", "Brandenburg"], "latitude": [48.9, 52.5, 52.4], "longitude": [11.4, 13.4, 13.1]}
    )
    lines = pd.concat([pd.DataFrame({"theme": t, "month": MONTHS, "n": 30}) for t in ("Late parcel", "Sizes")])
    return {
        "shares": figures.shares(publish(distribution(), mask=["n", "share"]), TITLE, CAPTION, reference="reference"),
        "index": figures.dots(publish(ratios("index", 100), within=None), TITLE, CAPTION),
        "ratio": figures.dots(publish(ratios(), within=None), TITLE, CAPTION, x="ratio", below_is_bad=False),
        "score": figures.dots(publish(ratios("mean"), within=None), TITLE, CAPTION, x="mean"),
        "pairs": figures.pairs(publish(segments), TITLE, CAPTION),
        "stacked": figures.stacked(publish(parts, within=None), TITLE, CAPTION),
        "matrix": figures.matrix(publish(matrix_table(), within=None), TITLE, CAPTION),
        "plane": figures.rfm_grid(publish(plane.assign(share=0.04)), TITLE, CAPTION),
        "trend": figures.trend(publish(months_table(), within=None), TITLE, CAPTION, events=EVENTS),
        "lines": figures.sparklines(publish(lines, within=None), TITLE, CAPTION),
        "areas": figures.areas(publish(places.assign(n=50, rate=[1.0, 2.0, 3.0]), within=None), TITLE, CAPTION),
    }


CHARTS = charts()
every_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)


def drawn(chart, gid, language=ENGLISH):
    axes = chart.figure(language).axes[0]
    return [artist for artist in (*axes.patches, *axes.lines) if artist.get_gid() == gid]


def words(chart, language=ENGLISH):
    return [text.get_text() for text in chart.figure(language).axes[0].texts]


@every_chart
@pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["en", "de"])
def test_no_words_overlap_or_leave_the_sheet(chart, language):
    figure = chart.figure(language)
    renderer = figure.canvas.get_renderer()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts if not text.get_rotation()]
    width, height = figure.bbox.width, figure.bbox.height
    for word, box in [(t.get_text(), t.get_window_extent(renderer)) for t in texts]:
        assert box.x0 >= -1, word
        assert box.y0 >= -1, word
        assert box.x1 <= width + 1, word
        assert box.y1 <= height + 1, word
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across < 1 or down < 4, f"{one!r} runs into {other!r}"


@every_chart
def test_words_are_readable_on_a_phone(chart):
    figure = chart.figure(ENGLISH)
    assert figure.bbox.width == sheet.WIDTH
    sizes = {text.get_fontsize() * figure.dpi / 72 for text in figure.axes[0].texts}
    assert min(sizes) * 343 / sheet.WIDTH >= 11  # 375 px less the margins of the page


@every_chart
def test_is_light_in_weight_and_equal_between_runs(chart):
    light, dark = chart.png(ENGLISH), chart.png(ENGLISH, theme.DARK)
    assert max(len(light), len(dark)) < 60_000
    assert light == chart.png(ENGLISH)
    assert Image.open(io.BytesIO(light)).size[0] == 2 * sheet.WIDTH


def test_page_holds_both_themes_and_the_words():
    html = CHARTS["shares"].html(ENGLISH)
    assert html.count("data:image/png;base64,") == 2
    assert '<source media="screen and (prefers-color-scheme: dark)"' in html
    assert "n = 1,800" in html
    assert "<strong>Title</strong>" in html
    assert re.search(r'alt="Bar chart with 95% intervals\. Title\. Largest: phone with 70\.0%\.[^"]*"', html)
    width, height = (int(re.search(rf'{side}="(\d+)"', html)[1]) for side in ("width", "height"))
    image = Image.open(io.BytesIO(base64.b64decode(re.search(r'<img src="data:image/png;base64,([^"]*)"', html)[1])))
    assert image.size == (2 * width, 2 * height)


def test_bars_are_as_long_as_their_numbers():
    bars = drawn(CHARTS["shares"], "bar")
    lengths = [bar.get_width() for bar in bars]
    table = GATE.publish(distribution(), mask=["n", "share"]).frame
    known = table.loc[~table["suppressed"], "share"].to_numpy()
    assert np.allclose(np.array(lengths) / sum(lengths), known / known.sum())
    assert len(drawn(CHARTS["shares"], "interval")) == len(known)


def test_hidden_numbers_are_not_drawn_but_said():
    chart = CHARTS["shares"]
    assert words(chart).count("–") == 2
    assert "2 not shown, because fewer than 10 customers are concerned." in chart.alt_text(ENGLISH)
    assert "groups of fewer than 10 customers" in chart.html(ENGLISH)


def test_dots_stand_on_a_logarithmic_scale_around_no_difference():
    xs = [dot.center[0] for dot in drawn(CHARTS["index"], "dot")]
    assert np.isclose(xs[0] - xs[1], (xs[0] - xs[2]) * np.log(2 / 1.1) / np.log(4))
    assert np.allclose(xs, [dot.center[0] for dot in drawn(CHARTS["ratio"], "dot")], atol=6)


def test_colour_follows_claim_and_direction():
    above, chance, below = (dot.get_edgecolor() for dot in drawn(CHARTS["index"], "dot"))
    assert len({above, chance, below}) == 3
    faces = [dot.get_facecolor() for dot in drawn(CHARTS["index"], "dot")]
    assert faces[0] == above
    assert faces[1] != chance  # what could be chance stays hollow
    assert [dot.get_edgecolor() for dot in drawn(CHARTS["ratio"], "dot")] == [below, chance, above]


def test_extremes_are_named():
    assert "Largest: phone with 200. Smallest: 65+ with 50." in CHARTS["index"].alt_text(ENGLISH)
    assert "Largest: December 2025 with +30. Smallest: January 2024 with −20." in CHARTS["trend"].alt_text(ENGLISH)


def test_stacked_bars_run_from_worst_to_best_and_fill_the_row():
    widths = np.array([[bar.get_width() for bar in drawn(CHARTS["stacked"], f"part {i}")] for i in range(3)])
    assert np.allclose(widths / widths.sum(axis=0), [[0.3, 0.4], [0.2, 0.3], [0.5, 0.3]])
    assert "Largest: Net Promoter Score, Promoters with 50.0%." in CHARTS["stacked"].alt_text(ENGLISH)


def test_long_charts_leave_the_rest_to_the_table():
    many = pd.DataFrame({"attribute": "region", "value": [f"v{i}" for i in range(30)], "n": range(100, 130)})
    many = many.assign(base=3435, share=lambda t: t.n / t.base, ratio=1.5, claim=[False] * 29 + [True])
    table = GATE.publish(many)
    bars = figures.shares(table, TITLE, CAPTION)
    assert [words(bars)[0], words(bars)[-1]] == ["v20", "20 more in the table"]
    dots = words(figures.dots(table, TITLE, CAPTION, x="ratio"))
    assert {"v29", "v0", "v18", "10 more in the table"} <= set(dots)
    assert "v19" not in dots


def test_a_matrix_tells_hidden_from_absent():
    assert len(drawn(CHARTS["matrix"], "hidden")) == 1
    assert len(drawn(CHARTS["matrix"], "tile")) == 13


def test_a_hidden_month_is_a_gap_and_old_events_are_left_out():
    lines = drawn(CHARTS["trend"], "line")
    assert [len(line.get_xdata()) for line in lines] == [5, 18]
    assert len(drawn(CHARTS["trend"], "event")) == 4


def test_no_mark_of_an_event_runs_through_a_name():
    figure = CHARTS["trend"].figure(ENGLISH)
    axes = figure.axes[0]
    renderer = figure.canvas.get_renderer()
    names = [
        t.get_window_extent(renderer)
        for t in axes.texts
        if t.get_text().split()[0] in ("App", "Black", "Umzug", "nach")
    ]
    assert len(names) == 4
    for mark in (line for line in axes.lines if line.get_gid() == "event"):
        x, top = mark.get_xdata()[0], figure.bbox.height - mark.get_ydata()[0]
        assert not any(box.x0 + 1 < x < box.x1 - 1 and box.y0 + 6 < top for box in names)


def test_a_pair_without_its_second_column_is_single_bars():
    segments = pd.DataFrame({"segment": ["Loyal", "Bargain hunters"], "n": [300, 700], "share": [0.3, 0.7]})
    chart = figures.pairs(GATE.publish(segments), TITLE, CAPTION)
    assert [bar.get_height() < bar.get_width() for bar in drawn(chart, "bar")] == [True, True]
    assert not drawn(chart, "spend_share")


def test_a_single_month_is_named_once_with_its_interval():
    chart = figures.trend(GATE.publish(months_table().head(1), within=None), TITLE, CAPTION)
    assert words(chart).count(ENGLISH.format("short_month", MONTHS[0])) == 1
    soft = [line for line in chart.figure(ENGLISH).axes[0].lines if line.get_linewidth() > 5]
    assert [len(set(line.get_xdata())) for line in soft] == [1]


@pytest.mark.parametrize(
    "name", ["shares", "dots", "pairs", "stacked", "matrix", "rfm_grid", "trend", "sparklines", "areas"]
)
def test_only_published_tables_are_drawn(name):
    with pytest.raises(PrivacyRefused):
        getattr(figures, name)(distribution(), TITLE, CAPTION)


def test_a_table_that_is_hidden_altogether_still_draws():
    table = GATE.publish(distribution().assign(n=3, base=5), within=None)
    figures.shares(table, TITLE, CAPTION).png(ENGLISH)
    table = GATE.publish(ratios().assign(n=3), within=None)
    figures.dots(table, TITLE, CAPTION, x="ratio").png(ENGLISH)
    table = GATE.publish(months_table().assign(n=3), within=None)
    chart = figures.trend(table, TITLE, CAPTION, events=EVENTS)
    assert words(chart) == ["Nothing to show: no group has at least 10 customers."]
    assert words(figures.shares(GATE.publish(distribution().head(0)), TITLE, CAPTION)) == words(chart)


@pytest.mark.parametrize("text", ["$x^2$ and $", "emoji 🎉 here", "汉字", "tab\tnew\nline", "a_b{c}"])
def test_any_text_of_customers_can_be_a_name(text, recwarn):
    table = GATE.publish(distribution().assign(value=text), n=None)
    chart = figures.shares(table, TITLE, CAPTION)
    chart.png(ENGLISH)
    assert not recwarn.list


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_contrast(colours):
    for text in (colours.ink, colours.muted, colours.accent):
        assert theme.contrast(text, colours.surface) >= 4.5
    for mark in (colours.neutral, colours.accent, colours.warm):
        assert theme.contrast(mark, colours.surface) >= 3
    for fill in (theme.mix(colours.surface, c, s / 10) for c in (colours.accent, colours.warm) for s in range(11)):
        assert theme.contrast(theme.text_on(fill), fill) >= 4.5


def test_wrapping_keeps_within_the_width_and_loses_no_letter():
    name = "Donaudampfschifffahrtsgesellschaft / Kapitänsmützen-Verkauf und mehr"
    lines = sheet.wrap(name, 150, most=9)
    assert max(map(sheet.measure, lines)) <= 150
    assert re.sub(r"[- ]", "", "".join(lines)) == re.sub(r"[- ]", "", name)
    cut = sheet.wrap(name, 150, most=2)
    assert len(cut) == 2
    assert cut[-1].endswith("…")


def test_scales():
    scale = sheet.Scale(0.5, 2, 0, 100, log=True)
    assert scale(1) == pytest.approx(50)
    assert scale(99) == 100
    assert scale.ticks() == [0.5, 1, 2]
    assert sheet.Scale(0, 0.34, 0, 100).ticks() == [0, 0.1, 0.2, 0.3]


@pytest.mark.parametrize("draw", [figures.trend, figures.sparklines])
def test_series_without_any_value_says_so(draw):
    table = pd.DataFrame({"month": pd.date_range("2025-01-01", periods=3, freq="MS"), "theme": "late", "n": 20})
    table["nps"] = np.nan
    chart = draw(Gate(10).publish(table, within=None), TITLE, CAPTION, x="nps")
    assert "Nothing to show" in chart.alt_text(Language("en"))
    assert chart.png(Language("de")).startswith(b"\x89PNG")
