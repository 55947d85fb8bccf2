"""The fact sheet as a card: all measured, numbered, escaped, and honest when there is nothing."""

from __future__ import annotations

from customer_profiles.analysis.demographics.fact_sheet import FactSheet
from customer_profiles.messages import Text
from customer_profiles.reporting import cards
from customer_profiles.reporting.language import Language


def test_traits_are_numbered_and_measured():
    sheet = FactSheet(Text("Buyers of “{value:value}”", {"value": "<b>Tents</b>"}), 1234, (Text("one"), Text("two")))
    html = str(cards.html([sheet], Language("en")))
    assert "<ol><li>one</li><li>two</li></ol>" in html
    assert "n = 1,234" in html
    assert "measured" in html
    assert "fictional" not in html
    assert "&lt;b&gt;Tents" in html


def test_nothing_is_said_in_words():
    html = str(cards.html([FactSheet(Text("All"), 0, ())], Language("en")))
    assert "No trait sets these customers apart by more than chance." in html
    assert "n = " not in html
