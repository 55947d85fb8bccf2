"""Colours that everybody can tell apart and read, on light pages, on dark ones and in a grey print."""

from itertools import combinations

import pytest

from customer_profiles.viz import palette
from customer_profiles.viz.palette import COLOURS, DARK, LIGHT, contrast, luminance

MARKS = [name for name in COLOURS if name not in ("paper", "ink", "soft", "line", "on-strong", "on-pale")]
CATEGORIES = ["ours", *(f"category-{i}" for i in range(2, 7))]
BESIDE = [("ours", "comparison"), ("good", "bad"), ("good", "neutral"), ("neutral", "bad"), ("ours", "neutral")]
SCHEMES = pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])


def lightness(colour):
    """CIE L*, in which equal steps look equal."""
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 0.00886 else 903.3 * y


def mixed(colour, ground, share):
    """A colour as it looks with this opacity on a ground."""
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@SCHEMES
def test_marks_and_text_stand_out_from_the_panel(scheme):
    assert all(contrast(scheme[name], scheme["paper"]) >= 3 for name in MARKS)
    assert all(contrast(scheme[name], scheme["paper"]) >= 4.5 for name in ("ink", "soft", "event", "ours"))


@SCHEMES
def test_text_on_marks_is_readable(scheme):
    names = {value: name for name, value in LIGHT.items()}
    for mark in MARKS:
        assert contrast(scheme[names[palette.text_on(LIGHT[mark])]], scheme[mark]) >= 4.5, mark


@SCHEMES
@pytest.mark.parametrize("tint", ["ours", "comparison", "good", "bad"])
def test_text_on_the_strongest_tile_is_readable(scheme, tint):
    from customer_profiles.viz.tiles import TINT

    assert contrast(scheme["ink"], mixed(scheme[tint], scheme["paper"], TINT[1])) >= 4.5


@SCHEMES
def test_colours_beside_each_other_differ_in_a_grey_print(scheme):
    for one, other in BESIDE:
        assert abs(lightness(scheme[one]) - lightness(scheme[other])) >= 10, (one, other)
    for one, other in combinations(CATEGORIES, 2):
        assert abs(lightness(scheme[one]) - lightness(scheme[other])) >= 6, (one, other)


def test_every_value_has_one_meaning():
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert len(palette.CATEGORIES) == 6


def test_rules_give_every_colour_in_every_scheme():
    root, dark, paper, card = palette.css().splitlines()
    assert card.startswith(".foreign{")
    assert root.startswith(":root{")
    assert dark.startswith("@media (prefers-color-scheme: dark){:root{")
    assert paper.startswith("@media print{:root{")
    for name in COLOURS:
        assert f"--{name}:{LIGHT[name]}" in root
        assert f"--{name}:{LIGHT[name]}" in paper
        assert f"--{name}:{DARK[name]}" in dark
