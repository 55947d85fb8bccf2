"""The brief of one customer: every side of them, from their rows alone; nothing where nothing is known."""

import pandas as pd
import pytest

from customer_profiles.analysis.profiles import brief
from customer_profiles.errors import InputRejected
from customer_profiles.messages import Text
from customer_profiles.reporting import brief as page
from customer_profiles.reporting.language import Language


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    found = {name: pd.DataFrame(columns=list(columns)) for name, columns in brief.TABLES.items()}
    return found | {
        "profile": pd.DataFrame(
            {
                "customer_id": ["a", "b"],
                "customer_no": [1, 2],
                "age_band": ["25–34", None],
                "city": ["Ulm", None],
                "orders": [3, 1],
                "spend": [90.0, 10.0],
                "preferred_channel": [None, "phone"],
            }
        ),
        "identities": pd.DataFrame(
            {"pseudonym": ["a", "x", "b"], "customer_id": ["a", "a", "b"], "customer_no": [1, 1, 2]}
        ),
        "provenance": pd.DataFrame(
            {"customer_no": [1], "field": ["age_band"], "source": ["crm"], "reason": ["newest"]}
        ),
        "comment_themes": pd.DataFrame({"customer_no": [1, 1, 1, 2], "theme": ["late", "price", "late", "price"]}),
        "priorities": pd.DataFrame({"customer_no": [2], "priority": [2], "rule": ["a sign"]}),
        "segments": pd.DataFrame({"customer_no": [1, 2], "segment": [4, 5]}),
        "ideal_fit": pd.DataFrame({"customer_no": [1], "tenth": [3.0]}),
        "predicted_value": pd.DataFrame(
            {
                "customer_no": [1],
                "expected_orders": [2.5],
                "expected_months": [None],
                "expected_spend": [75.0],
                "clv": [70.0],
                "p_churn": [0.25],
                "next_offer": ["tents"],
                "next_offer_reason": ["recent best-sellers"],
                "next_offer_after": [None],
                "foreseen_on": [pd.Timestamp("2025-12-31")],
            }
        ),
        "routing": pd.DataFrame({"segment": [4, 5], "first_channel": ["web", None]}),
    }


def told(tables, customer_no) -> dict[str, list[str]]:
    language = Language("en")
    return {
        language.text(section.heading): [": ".join(page._said(line, language)[:2]) for line in section.lines]
        for section in brief.sections(tables, customer_no, ["age_band", "city"])
    }


def test_each_side_of_a_customer_is_told_from_their_rows(tables):
    assert told(tables, 1) == {
        "Who": ["Age group: 25–34"],
        "Bought": ["Orders: 3", "Spend: €90.00"],
        "Said": ["Wrote about: late (2), price (1)"],
        "Needed": [],
        "Worth": [
            "Spend: as much as 100.0% of customers or more",
            "Spend foreseen: €75.00",
            "Spend foreseen, discounted: €70.00",
            "Orders foreseen: 2.50",
            "Chance to be lost: 25.0%",
            "Next offer, new to them: tents",
            "Offer chosen by: recent best-sellers",
            "Segment: 4",
            "Fit with the ideal customer, tenth: 3",
        ],
        "Next contact": ["Channel: web"],
    }
    other = told(tables, 2)
    assert other["Needed"] == ["Priority: 2. a sign"]
    assert other["Worth"][0] == "Spend: as much as 50.0% of customers or more"
    assert other["Next contact"] == ["Channel: phone"]


def test_what_is_told_says_where_it_comes_from(tables):
    lines = [line for section in brief.sections(tables, 1, ["age_band"]) for line in section.lines]
    language = Language("en")
    assert all(line.origin for line in lines)
    assert language.text(lines[0].origin) == "crm: newest"
    (spend,) = (line for line in lines if line.label == "expected_spend")
    assert language.text(spend.origin) == "foreseen on 31 December 2025"
    assert language.text(lines[-1].origin) == "most asked for in the segment"


@pytest.mark.parametrize("customer_no", [1, 7])
def test_empty_tables_give_sections_without_lines(tables, customer_no):
    nothing = {name: table[:0] for name, table in tables.items()}
    assert [len(section.lines) for section in brief.sections(nothing, customer_no, ["age_band"])] == [0] * 6
    bare = {name: pd.DataFrame(columns=list(columns)) for name, columns in brief.TABLES.items()}
    assert [len(section.lines) for section in brief.sections(bare, customer_no, ["age_band"])] == [0] * 6


def test_a_customer_is_found_by_any_of_their_accounts(tables):
    assert [brief.find(tables["identities"], name) for name in ("a", "x", "b")] == [1, 1, 2]
    with pytest.raises(InputRejected, match="does not know"):
        brief.find(tables["identities"], "stranger")


def test_a_name_is_told_as_each_system_has_it():
    people = pd.DataFrame(
        {"space": ["crm", "shop"], "raw_id": ["K-1", "17"], "name": ["Kim", None], "city": ["Ulm", "Bonn"]}
    )
    language = Language("en")
    (crm, shop) = brief.named(people).lines
    assert [language.text(part) for part in (crm.label, crm.value)] == ["crm", "K-1 · Kim · Ulm"]
    assert language.text(shop.value) == "17 · Bonn"
    assert brief.named(people[:0]).lines == ()


def test_the_page_escapes_what_it_shows():
    section = brief.Section(Text("Who"), (brief.Line(Text("<b>"), Text("{x}", {"x": "<script>"})),))
    markup = str(page.html([section], Language("en")))
    assert "<script>" not in markup
    assert "<b>" not in markup
