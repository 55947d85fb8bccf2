"""What charts draw: lengths, places and words, whatever may not be shown, and nothing that touches or is cut off."""

import re
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.text import Text

from customer_profiles import viz
from customer_profiles.viz import palette
from customer_profiles.viz.speech import PlainEnglish

pytestmark = pytest.mark.filterwarnings("error")

LONG = "Auslieferungsverzögerungsbenachrichtigung, Rücksendungen / Erstattungen und Kulanzregelungen der Filialen"


class German(PlainEnglish):
    """Long words and a decimal comma."""

    def heading(self, column):
        return f"Durchschnittliche Weiterempfehlungswahrscheinlichkeit: {column}"

    def value(self, column, number):
        return super().value(column, number).replace(",", ".").replace("%", " %")

    def label(self, value):
        return f"{value} – {LONG}" if isinstance(value, str) and len(value) > 2 else super().label(value)


def shares(names=("Bavaria", "Berlin", "Hesse"), values=(0.5, 0.25, 0.125)):
    value = pd.Series(values, dtype=float)
    return pd.DataFrame({"value": names, "share": value, "share_low": value - 0.05, "share_high": value + 0.1})


def indices():
    return pd.DataFrame(
        {
            "attribute": ["age", "age", "region"],
            "value": ["young people", "old people", "Bavaria"],
            "share": [0.4, 0.3, 0.2],
            "share_rest": [0.2, 0.3, 0.4],
            "index": [200.0, 100.0, 50.0],
            "index_low": [150.0, 80.0, 40.0],
            "index_high": [260.0, 120.0, 70.0],
            "claim": pd.array([True, pd.NA, True], dtype="boolean"),
        }
    )


def months():
    days = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01", "2025-05-01", "2025-06-01"])
    nps = pd.array([10, 20, pd.NA, 5, -7], dtype="Int64")
    frame = pd.DataFrame({"month": days, "nps": nps, "nps_low": nps - 5, "nps_high": nps + 5})
    return frame.assign(pain="late parcels")


def parts():
    rows = [("nps", "promoters", 0.5), ("nps", "passives", 0.3), ("nps", "detractors", 0.2)]
    rows += [("csat", "satisfied", 0.6), ("csat", "neutral", np.nan), ("csat", "unsatisfied", 0.1)]
    return pd.DataFrame(rows, columns=["metric", "value", "share"])


def tiles():
    rows = [
        (v, t, r, c)
        for v, t, r, c in zip("aabb", "xyxy", [2.0, np.nan, 0.5, 1.0], [True, None, True, False], strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["value", "theme", "ratio", "claim"])
    return frame.assign(
        value=frame["value"].map({"a": "young people", "b": "old people"}), theme="theme " + frame["theme"]
    )


def curve():
    return pd.DataFrame(
        {"after_days": [0, 30, 60], "share": [0.0, 0.2, 0.5], "share_low": [0.0, 0.1, 0.4], "share_high": [0, 0.3, 0.6]}
    )


def lorenz():
    return pd.DataFrame({"buyers_share": [0.0, 0.5, 1.0], "spend_share": [0.0, 0.2, 1.0]})


def grid():
    return pd.DataFrame([(r, fm, 0.04) for r in range(1, 6) for fm in range(1, 6)], columns=["r", "fm", "share"])


def flows():
    rows = [
        ("−1", "web", "phone", 30),
        ("−1", "path_nothing", "phone", 10),
        ("0", "phone", "order", 25),
        ("0", "phone", "web", pd.NA),
    ]
    return pd.DataFrame(rows, columns=["position", "from_what", "to_what", "n"]).astype({"n": "Int64"})


def areas():
    rows = [("80", 48.1, 11.5, 100, 4.0), ("10", 52.5, 13.4, 50, 2.0), ("20", 53.5, 10.0, 25, 1.0)]
    return pd.DataFrame(rows, columns=["area", "latitude", "longitude", "n", "rate"])


EVENTS = pd.DataFrame(
    {
        "at": pd.to_datetime(["2025-02-10", "2025-05-20", "2025-05-25", "2030-01-01"]),
        "name": ["warehouse moved", "price rise", "app relaunch", "too late"],
    }
)
# Kind: chart, frame, columns, the columns whose numbers may be hidden.
KINDS = {
    "bars": (viz.bars, shares(), {}, ["share"]),
    "bars in blocks": (viz.bars, indices(), {}, ["share"]),
    "paired bars": (viz.paired_bars, indices(), {}, ["share", "share_rest"]),
    "stacked bars": (viz.stacked_bars, parts(), {"diverging": True}, ["share"]),
    "stacked categories": (viz.stacked_bars, parts(), {}, ["share"]),
    "dots": (viz.dot_intervals, indices(), {}, ["index", "index_low", "index_high"]),
    "heat map": (viz.heatmap, tiles(), {"good": "below"}, ["ratio"]),
    "heat map of shares": (viz.heatmap, tiles().rename(columns={"ratio": "share"}), {"values": "share"}, ["share"]),
    "trend": (viz.trend, months(), {"events": EVENTS}, ["nps", "nps_low", "nps_high"]),
    "sparklines": (viz.sparklines, months(), {"hue": "pain", "y": "nps"}, ["nps"]),
    "lorenz": (viz.lorenz, lorenz(), {}, ["spend_share"]),
    "step curve": (viz.step_curve, curve(), {}, ["share"]),
    "curve read off": (viz.step_curve, curve(), {"steps": False}, ["share"]),
    "quadrants": (viz.quadrants, indices(), {"across": 0.25}, ["index"]),
    "rfm grid": (viz.rfm_grid, grid(), {}, ["share"]),
    "sankey": (viz.sankey, flows(), {}, ["n"]),
    "bubbles": (viz.area_bubbles, areas(), {}, ["rate"]),
    "seaborn bars": (lambda frame, ax: sns.barplot(frame, x="share", y="value", ax=ax), shares(), {}, []),
    "seaborn columns": (
        lambda frame, ax: sns.barplot(frame, x="value", y="share", hue="value", ax=ax),
        shares(),
        {},
        [],
    ),
    "seaborn lines": (lambda frame, ax: sns.lineplot(frame, x="month", y="nps", hue="pain", ax=ax), months(), {}, []),
    "seaborn dots": (
        lambda frame, ax: sns.scatterplot(frame, x="share", y="index", hue="value", ax=ax),
        indices(),
        {},
        [],
    ),
    "seaborn points": (lambda frame, ax: sns.pointplot(frame, x="share", y="value", ax=ax), shares(), {}, []),
}
OWN = {name: kind for name, kind in KINDS.items() if "seaborn" not in name}


def drawn(name, frame=None, width=720, speech=None):
    chart, normal, columns, _ = KINDS[name]
    return viz.draw(chart, normal if frame is None else frame, width=width, speech=speech, **columns)


def words(figure):
    """Every visible text of a figure."""
    return [t.get_text() for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


def bars_of(figure):
    return [bar for container in figure.axes[0].containers for bar in container]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("case", ["hidden", "empty", "one row", "object", "categorical"])
def test_no_chart_fails_on_what_it_may_get(name, case):
    _, frame, _, hidden = OWN[name]
    if case == "hidden":
        frame = frame.assign(**dict.fromkeys(hidden, pd.Series(pd.NA, index=frame.index, dtype="Float64")))
    elif case == "empty":
        frame = frame.iloc[:0]
    elif case == "one row":
        frame = frame.iloc[:1]
    elif case == "object":
        frame = frame.assign(
            **{column: frame[column].astype(object).where(frame[column].notna(), pd.NA) for column in hidden}
        )
    else:
        texts = frame.select_dtypes(include=["str", "object"]).columns.difference(hidden)
        frame = frame.astype(dict.fromkeys(texts, "category"))
    for width in (343, 720):
        figure = drawn(name, frame, width)
        assert viz.svg(figure).startswith("<svg")
    if case == "hidden":
        marks = viz.count_marks(figure.axes[0])
        assert marks["dots"] == 0
        assert marks["bars"] == 0 or name == "heat map"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [343, 720])
@pytest.mark.parametrize("speech", [None, German()], ids=["en", "de"])
def test_nothing_is_cut_off_and_no_labels_touch(name, width, speech):
    figure = drawn(name, width=width, speech=speech)
    with mpl.rc_context(viz.house_style(width)):  # words are as wide as its fonts and hinting make them
        _refuse_what_touches(figure)


def _refuse_what_touches(figure):
    renderer = figure.canvas.get_renderer()
    edge, ax = figure.bbox, figure.axes[0]
    figure.draw_without_rendering()
    ticks = [_labels(axis) for axis in (ax.xaxis, ax.yaxis)]
    legend = [text for legend in figure.legends for text in legend.get_texts()]
    for text in [*ticks[0], *ticks[1], *legend, *ax.texts, *figure.texts, ax.xaxis.label]:
        box = text.get_window_extent(renderer)
        if text.get_visible() and text.get_text().strip():
            assert min(box.x0, box.y0) >= -1, text.get_text()
            assert box.x1 <= edge.x1 + 1, text.get_text()
            assert box.y1 <= edge.y1 + 1, text.get_text()
    for labels in ticks:
        boxes = [text.get_window_extent(renderer) for text in labels]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    legends = [legend.get_window_extent(renderer) for legend in figure.legends]
    free = [t for t in ax.texts if t.get_text().strip()]
    assert not any(legend.overlaps(t.get_window_extent(renderer)) for legend in legends for t in free)
    assert not any(legend.overlaps(ax.get_window_extent(renderer)) for legend in legends)


def _labels(axis):
    """Labels of the ticks within the limits; matplotlib keeps others that it never draws."""
    low, high = sorted(axis.get_view_interval())
    labels = [(tick.label1, tick.label2) for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [text for pair in labels for text in pair if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize(("width", "least", "most"), [(720, 15, 16), (343, 12, 13)])
def test_text_is_readable_at_its_width(width, least, most):
    figure = drawn("dots", width=width)
    assert figure.get_figwidth() * figure.dpi == pytest.approx(width)
    assert all(least <= t.get_size() <= most for t in figure.findobj(Text) if t.get_visible() and t.get_text())


def test_bars_are_as_long_as_their_share_and_in_the_order_of_the_frame():
    figure = drawn("bars")
    bars = bars_of(figure)
    assert [bar.get_width() for bar in bars] == [0.5, 0.25, 0.125]
    heights = [bar.get_y() for bar in bars]
    low, high = figure.axes[0].get_ylim()
    assert heights == sorted(heights)
    assert low > high, "the first row is the uppermost"
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["Bavaria", "Berlin", "Hesse"]
    assert {"50%", "25%", "12%"} <= set(words(figure))
    whiskers = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    assert whiskers[0].get_segments()[0][:, 0].tolist() == pytest.approx([0.45, 0.6])


def test_a_hidden_cell_has_a_dash_and_no_bar():
    figure = drawn("bars", shares(values=(0.5, np.nan, 0.125)))
    assert [bar.get_width() for bar in bars_of(figure)] == [0.5, 0.125]
    assert words(figure).count("–") == 1


def test_bars_beyond_the_most_of_a_block_are_told():
    many = shares([f"group {i}" for i in range(12)], np.linspace(0.1, 0.9, 12))
    figure = drawn("bars", many)
    assert [bar.get_width() for bar in bars_of(figure)] == pytest.approx(np.linspace(0.1, 0.9, 12)[2:])
    assert "+ 2 more in the table" in words(figure)


def test_what_may_be_chance_is_neutral_and_blocks_have_headings():
    figure = viz.draw(viz.bars, indices())
    colours = [bar.get_facecolor() for bar in bars_of(figure)]
    assert colours[0] == colours[2] != colours[1]
    assert {"age", "region"} <= set(words(figure))


def test_paired_bars_show_ours_above_the_comparison():
    figure = drawn("paired bars")
    ours, others = figure.axes[0].containers
    assert [bar.get_width() for bar in ours] == [0.4, 0.3, 0.2]
    assert [bar.get_width() for bar in others] == [0.2, 0.3, 0.4]
    assert all(a.get_y() < b.get_y() for a, b in zip(ours, others, strict=True))
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["Share", "Share rest"]
    alone = viz.draw(viz.paired_bars, indices().drop(columns="share_rest"))
    assert len(bars_of(alone)) == 3


def test_stacked_bars_run_from_good_to_bad_and_one_with_a_hidden_part_is_left_out():
    figure = drawn("stacked bars")
    bars = bars_of(figure)
    assert [bar.get_x() for bar in bars] == pytest.approx([0, 0.5, 0.8])
    assert [bar.get_width() for bar in bars] == pytest.approx([0.5, 0.3, 0.2])
    drawing = viz.svg(figure)
    assert all(f"var(--{name})" in drawing for name in ("good", "neutral", "bad"))
    legend = [t.get_text() for t in figure.legends[0].get_texts()]
    assert legend == ["promoters / satisfied", "passives / neutral", "detractors / unsatisfied"]


def test_of_a_bar_with_two_hidden_parts_the_others_are_drawn():
    """A sentence may tell them, and the rest of the bar gives neither away."""
    frame = pd.DataFrame({"metric": ["x"] * 3, "value": ["a", "b", "c"], "share": [0.7, np.nan, np.nan]})
    (bar,) = bars_of(viz.draw(viz.stacked_bars, frame))
    assert bar.get_width() == pytest.approx(0.7)
    assert not bars_of(viz.draw(viz.stacked_bars, frame.fillna({"share": 0.2}).assign(share=[0.7, np.nan, 0.2])))


def test_rows_of_a_block_stand_together_under_one_heading():
    frame = pd.DataFrame({"attribute": ["age", "region", "age"], "value": ["65+", "Bayern", "25–34"]})
    for chart, x in ((viz.dot_intervals, "index"), (viz.bars, "share")):
        said = words(
            viz.draw(chart, frame.assign(index=[50, 150, 170], share=[0.1, 0.2, 0.3]), x=x, blocks="attribute")
        )
        assert said.count("age") == said.count("region") == 1


def test_what_was_not_tested_is_neither_established_nor_chance():
    frame = pd.DataFrame(
        {
            "value": ["whole", "mix", "behaviour"],
            "change": [5.0, 1.0, 4.0],
            "change_low": [np.nan, -1, 3],
            "change_high": [np.nan, 3, 5],
            "claim": [False, False, True],
        }
    )
    figure = viz.draw(viz.dot_intervals, frame, x="change")
    dots = next(c for c in figure.axes[0].collections if isinstance(c, PathCollection))
    whole, mix, behaviour = (tuple(colour) for colour in dots.get_facecolors())
    assert len({whole, mix, behaviour}) == 3
    assert {"difference established", "could be chance", "not tested"} <= set(words(figure))


def test_dots_stand_at_their_value_on_a_logarithmic_scale_filled_where_established():
    figure = drawn("dots")
    ax = figure.axes[0]
    dots = next(c for c in ax.collections if isinstance(c, PathCollection))
    assert ax.get_xscale() == "log"
    assert dots.get_offsets()[:, 0].tolist() == [200, 100, 50]
    faces = dots.get_facecolors()[:, :3].mean(axis=1)
    assert faces[1] == 1 != faces[0]
    assert {"200", "100", "50", "difference established", "could be chance"} <= set(words(figure))
    difference = viz.draw(
        viz.dot_intervals, indices().rename(columns={"index": "difference"}), x="difference", good="above"
    )
    assert difference.axes[0].get_xscale() == "linear"


def test_heat_map_tints_established_tiles_only_and_leaves_hidden_ones_out():
    figure = drawn("heat map")
    bars = bars_of(figure)
    assert len(bars) == 3
    assert {"2", "–", "0.50", "1"} <= set(words(figure))
    drawing = viz.svg(figure)
    assert "var(--bad)" in drawing
    assert "var(--good)" in drawing
    ordered = tiles().assign(theme=lambda f: pd.Categorical(f["theme"], ["theme y", "theme x"]))
    assert [t.get_text() for t in drawn("heat map", ordered).axes[0].get_xticklabels()] == ["theme y", "theme x"]


def test_trend_breaks_where_a_month_is_hidden_or_missing_and_names_events():
    figure = drawn("trend")
    line = figure.axes[0].lines[0]
    values = line.get_ydata()
    assert values[~np.isnan(values)].tolist() == [10, 20, 5, -7]
    assert np.isnan(values).sum() == 2, "the hidden month and the missing one"
    said = words(figure)
    assert {"−7", "warehouse moved", "price rise", "app relaunch", "Nps"} <= set(said)
    assert "too late" not in said


@pytest.mark.parametrize("width", [343, 720])
def test_names_of_events_never_touch(width):
    rng = np.random.default_rng(3)
    days = pd.to_datetime("2025-01-05") + pd.to_timedelta(rng.integers(0, 140, 7), unit="D")
    events = pd.DataFrame({"at": days, "name": [f"event number {i}" for i in range(7)]})
    figure = viz.draw(viz.trend, months(), width=width, events=events)
    boxes = [t.get_window_extent() for t in figure.axes[0].texts if t.get_text().startswith("event")]
    assert len(boxes) == 7
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_sparklines_share_one_scale_and_end_in_the_last_known_value():
    frame = pd.concat([months(), months().assign(pain="refunds", nps=40.0)])
    figure = drawn("sparklines", frame)
    first, second = figure.axes[0].lines
    heights = [np.nanmax(line.get_ydata()) - np.nanmin(line.get_ydata()) for line in (first, second)]
    ends = frame[["nps", "nps_low", "nps_high"]]
    assert heights[0] == pytest.approx(1.6 * 27 / (ends.max(axis=None) - ends.min(axis=None)))
    assert heights[1] == 0
    assert [type(band).__name__ for band in figure.axes[0].collections].count("FillBetweenPolyCollection") == 2
    assert {"late parcels", "refunds", "−7", "40"} <= set(words(figure))


def test_curves_hold_their_points():
    ax = drawn("lorenz").axes[0]
    assert ax.lines[1].get_xydata().tolist() == [[0, 0], [0.5, 0.2], [1, 1]]
    step = drawn("step curve")
    assert step.axes[0].lines[0].get_drawstyle() == "steps-post"
    assert "50%" in words(step)


def test_quadrants_name_what_is_established():
    said = words(drawn("quadrants"))
    assert {"young people", "Bavaria", "core", "niche"} <= set(said)
    assert "old people" not in said


def test_bubbles_are_areas_in_proportion_and_true_to_scale():
    ax = drawn("bubbles").axes[0]
    sizes = ax.collections[0].get_sizes()
    assert sizes[0] / sizes[1] == pytest.approx(2, rel=0.01)
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(48.1)))


def test_sankey_bands_are_as_thick_as_their_number():
    ax = drawn("sankey").axes[0]
    bands = [patch for patch in ax.patches if patch not in bars_of(ax.figure)]
    assert len(bands) == 3, "the hidden flow is not drawn"
    thick = [np.ptp(band.get_path().vertices[[0, 7], 1]) for band in bands]
    assert thick == pytest.approx([thick[0], thick[0] / 3, thick[0] * 25 / 30])


def test_a_chart_of_anybody_is_said_in_the_readers_language():
    figure = drawn("seaborn bars", speech=German())
    ax = figure.axes[0]
    assert ax.get_xlabel().replace("\n", " ").startswith("Durchschnittliche")
    assert ax.get_ylabel() == "", "names speak for themselves"
    assert all(label.get_text().startswith(("Bav", "Ber", "Hes")) for label in ax.get_yticklabels())
    assert any(label.get_text().endswith(" %") for label in ax.get_xticklabels())
    assert viz.draw(KINDS["seaborn bars"][0], shares()).axes[0].get_xlabel() == "Share"
    by_hue = drawn("seaborn lines")
    assert by_hue.legends[0].get_title().get_text() == "Pain"


def test_drawing_leaves_no_settings_and_no_pyplot_figures_behind():
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    drawn("bars")
    assert dict(mpl.rcParams) == before
    assert not plt.get_fignums()


def test_signs_without_a_glyph_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn("bars", shares(["🙂 happy", "Ähre $5 < 6$", "x\n\ty"]))


def test_style_and_palette_agree():
    style = viz.house_style()
    assert style["text.color"].lower() in (palette.INK, palette.INK[1:])
    assert style["axes.prop_cycle"].by_key()["color"] in (list(palette.CATEGORIES), [c[1:] for c in palette.CATEGORIES])


def test_a_hidden_share_is_a_tile_without_colour_and_number():
    """Shares have no claims: a tile among shown ones that may not be shown must not be tinted."""
    frame = pd.DataFrame({"what": ["a", "a", "b", "b"], "place": [1, 2, 1, 2], "share": [0.5, np.nan, 0.25, 1.0]})
    drawn = viz.svg(viz.draw(viz.heatmap, frame, x="place", y="what", values="share"))
    assert {"50%", "25%", "100%"} <= set(re.findall(r">([^<]+)<", drawn))
    assert "nan" not in drawn
