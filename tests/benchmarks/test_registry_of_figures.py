"""The registry of figures is whole, and a first value is never replaced."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import figures, house


def test_every_figure_can_be_measured():
    for figure in figures.registry().values():
        assert figure.what
        if figure.count:
            assert callable(getattr(house, figure.count.split()[0]))
        elif figure.run:
            assert (figures.ROOT / figure.run.split()[0]).exists()
        else:
            assert (figures.ROOT / figure.tests.split()[0]).exists()
            assert figure.record


def test_the_page_has_a_line_for_every_figure():
    assert list(figures.read(figures.MEASURED)) == list(figures.registry())


def test_the_readme_prints_the_truths_as_they_were_measured():
    (printed,) = figures.PRINTED.findall(figures.README.read_text(encoding="utf-8"))
    assert printed == figures.truths(list(figures.read(figures.MEASURED).values()))
    assert printed.count("\n") > 30


def test_a_group_is_asked_for_by_its_name_and_an_entry_can_be_many_figures():
    known = list(figures.registry())
    group = figures.named("report", known)
    assert len(group) > 50
    assert group == [name for name in known if name.startswith("report_")]
    assert figures.named("init", known) == ["init"]
    assert figures.named("no_such", known) == []
    entry = {
        "name": "words_{each}",
        "what": "page {each}",
        "each": ["01", "02"],
        "find": r"{each} (\d{2})",
        "slow": True,
    }
    assert figures.each(entry)[1] == {"name": "words_02", "what": "page 02", "find": r"02 (\d{2})", "slow": True}


@pytest.mark.parametrize(("value", "verdict"), [(0.97, "holds"), (0.9699, "missed"), (None, "not measured")])
def test_a_bar_is_not_moved(value, verdict):
    assert figures.Figure("recall", "recall", ">= 0.97", count="largest_cell").verdict(value) == verdict


@pytest.mark.parametrize("bar", ["about 3", "> 3", "3"])
def test_a_bar_without_a_number_or_comparison_is_refused(bar):
    with pytest.raises(ValueError, match="a bar is"):
        figures.Figure("recall", "recall", bar, count="largest_cell")


def test_a_first_value_stays_and_what_was_not_measured_too(tmp_path):
    path = tmp_path / "measured.md"
    by_hand = figures.Figure("lines", "lines | code", "<= 10", run="x.py", find="(.)", first=(12, "abc1234"))
    fresh = figures.Figure("cells", "cells", count="largest_cell")
    both = [by_hand, fresh]
    figures.write(path, [figures.row(figure, None, None, "0000001") for figure in both])
    old = figures.read(path)
    assert [old["lines"][name] for name in ("value", "commit", "verdict")] == ["12", "abc1234", "missed"]
    assert [old["cells"][name] for name in ("value", "first value")] == ["–", "–"]
    figures.write(path, [figures.row(figure, old[figure.name], 9, "0000002") for figure in both])
    old = figures.read(path)
    assert [old["lines"][name] for name in ("value", "commit", "verdict")] == ["9", "0000002", "holds"]
    assert old["lines"]["first value"] == "12 (abc1234)"
    assert old["cells"]["first value"] == "9 (0000002)"
    again = {figure.name: figures.row(figure, old[figure.name], None, "0000003") for figure in both}
    assert again == old


@pytest.mark.parametrize(
    ("source", "shows"),
    [
        ("rates = profile.groupby('region')['spend'].mean()", True),
        ("sns.barplot(rates)", True),
        ("late = tickets[tickets['hours'] > 48]", True),
        ("%%needs tickets\nrates = pains.rates(tickets, profile)", False),
        ("import pandas as pd", False),
        ("chapter.publish(table, 'A title')", False),
    ],
)
def test_a_library_is_in_sight(source, shows):
    assert house.shows_library(source) == shows


def test_docstrings_and_comments_are_no_code(tmp_path):
    module = tmp_path / "module.py"
    module.write_text('"""One.\n\nTwo.\n"""\n\n# three\nX = """not\n# a docstring"""\n')
    assert (house.code_lines(module), house.code_lines(module, documented=False)) == (1, 4)


def test_a_number_of_numpy_is_recorded_as_text(request, record_property):
    record_property("share", np.float64(0.5))
    assert request.node.user_properties == [("share", "0.5")]
