"""The page of the package is current, and says of everything what it takes and gives."""

from __future__ import annotations

import inspect

from customer_profiles import front_door, viz
from customer_profiles.questions import Questions
from customer_profiles.results import Result
from tools import api_page


def test_the_page_is_current():
    assert api_page.path().read_text(encoding="utf-8") == api_page.page(), "run `make messages`"


def test_everything_that_can_be_called_is_on_it():
    page = api_page.page()
    for owner in (front_door.Data, Result):
        for name, _ in inspect.getmembers(owner, inspect.isfunction):
            assert name.startswith("_") or f".{name}(" in page
    assert {"bars", "dot_intervals", "heatmap", "sankey"} <= {name for name, _ in api_page.charts()}
    assert all(f"viz.{name}(" in page for name, _ in api_page.charts())
    assert "draw" not in dict(api_page.charts())
    assert viz.bars in dict(api_page.charts()).values()


def test_every_question_explains_its_parameters_and_what_it_returns():
    for name, method in inspect.getmembers(Questions, inspect.isfunction):
        if name.startswith("_"):
            continue
        _, sections = api_page.parts_of(inspect.getdoc(method) or "")
        assert {"Returns", "Examples"} <= set(sections), name
        for parameter in set(inspect.signature(method).parameters) - {"self"}:
            assert f"{parameter} : " in sections["Parameters"], (name, parameter)


def test_an_entry():
    def twice(number, *, of=2):
        """Says it twice.

        Parameters
        ----------
        number : int
            A ``number``.

        Examples
        --------
        >>> twice(1)  # doctest: +SKIP
        2
        """

    assert api_page.entry("x.twice", twice).splitlines() == [
        "### `x.twice(number, *, of=2)`",
        "",
        "Says it twice.",
        "",
        "**Parameters**",
        "",
        "* `number` (int)",
        "  A `number`.",
        "",
        "```python",
        "twice(1)",
        "```",
    ]
