"""What is counted of a page: what a reader sees when it opens."""

from __future__ import annotations

import pytest
from benchmarks.report_size import measured

pytestmark = pytest.mark.browser

PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>.away { display: none } .answers article { height: 300px }</style>
<nav>not read</nav><header>not read</header>
<main><h1>Three words – here</h1><p class="away">not read</p>
<figure><svg width="90" height="20"><text y="15">label 5</text></svg><div class="away"><svg></svg></div></figure>
<table><tr><td>one</td></tr></table>
<details><summary>not read</summary><table><tr><td>not read</td></tr></table></details>
<section class="answers"><article></article></section></main><footer>not read</footer>"""


def test_words_in_sight_are_counted_and_nothing_else(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    found = measured(browser, path, 1280)
    assert {name: found[name] for name in ("words", "tables", "charts")} == {"words": 6, "tables": 1, "charts": 1}
    assert 300 < found["answers"] <= found["height"]
