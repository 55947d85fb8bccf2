"""A segment on one page: figures beside all customers, what sets it apart, and advice that a number speaks for."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis import kpis
from customer_profiles.analysis.profiles import segment_page
from customer_profiles.analysis.segments import channels, personas, rules
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.reporting.cards import files, html
from customer_profiles.reporting.language import Language

GATE = Gate(10)
AS_OF = dt.date(2025, 12, 31)
NOTHING = pd.DataFrame(columns=["customer_no", "at", "metric", "good", "poor", "opened_at"])


@pytest.fixture
def company() -> tuple[pd.DataFrame, pd.Series]:
    """600 customers in three segments: the third buys climbing gear at full price and never asks for the app."""
    rng = np.random.default_rng(0)
    group = np.repeat([1, 2, 3], [300, 200, 100])
    third = group == 3
    profile = pd.DataFrame(
        {
            "customer_no": range(600),
            "top_category": np.where(third & (rng.random(600) < 0.8), "climbing", "shoes"),
            "preferred_channel": np.where(third, "store", np.where(rng.random(600) < 0.6, "app", "store")),
            "spend": group * 100.0 + rng.random(600),
            "discount_share": np.where(third, 0.0, 0.2) + rng.random(600) / 1000,
        }
    )
    return profile, pd.Series(group)


@pytest.fixture
def orders(company) -> pd.DataFrame:
    """Everybody orders once in each year, for 10 times the number of the segment, the third for twice as much now."""
    profile, labels = company
    days = [pd.Timestamp("2024-03-01") + pd.DateOffset(months=m) for m in range(22)]
    rows = pd.DataFrame({"customer_no": np.tile(profile["customer_no"], 22), "at": np.repeat(days, 600)})
    rows["amount"] = 10.0 * labels.reindex(rows["customer_no"]).to_numpy()
    rows.loc[(labels.reindex(rows["customer_no"]).to_numpy() == 3) & (rows["at"] >= "2025-01-01"), "amount"] *= 2
    early = rows.assign(at=rows["at"] - pd.DateOffset(months=2))
    whole = pd.concat([rows, early[early["at"] < "2024-03-01"]], ignore_index=True)
    return whole.assign(order_id=whole.index.astype(str))


def figures(company, transactions) -> pd.DataFrame:
    profile, labels = company
    months = kpis.by_month(transactions, NOTHING.drop(columns="opened_at"), NOTHING[["customer_no", "opened_at"]])
    return GATE.guard(segment_page.key_figures(profile, labels, months, AS_OF)).frame


def pages(company, transactions, said=None, met=None) -> list:
    profile, labels = company
    traits = GATE.guard(personas.traits(profile[["top_category", "preferred_channel"]], labels)).frame
    met = pd.DataFrame({"customer_no": [], "pain": [], "evidence": []}) if met is None else met
    hurt = GATE.guard(segment_page.pains(profile, labels, met)).frame
    rule = pd.DataFrame(
        {"segment": [3], "rule": ["(\"top_category\" = 'climbing')"], "n": 40, "picked": 50, "base": 80}
    )
    rule = GATE.publish(rule.assign(precision=0.8, recall=0.5), within=None).frame
    return segment_page.pages(
        personas.personas(traits, labels.value_counts().to_dict()),
        figures(company, transactions),
        GATE.guard(personas.figures(profile, labels)).frame,
        traits,
        hurt,
        GATE.guard(channels.routing(profile, labels)).frame,
        rule,
        said or {},
    )


def told(page) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for field in (*page.fields, *page.advice):
        lines.setdefault(field.label, []).append(Language("en").text(field.value))
    return lines


def test_totals_are_per_customer_and_stand_beside_all_and_the_year_before(company, orders):
    table = figures(company, orders).set_index(["kpi", "segment"])
    assert table.loc[("sales", 3), ["value", "before"]].tolist() == [12 * 60, 12 * 30]
    assert table.loc[("sales", 1), ["value", "before"]].tolist() == [120, 120]
    assert table.loc[("sales", 1), "whole"] == pytest.approx((300 * 120 + 200 * 240 + 100 * 720) / 600)
    assert table.loc[("buyers", 2), ["value", "whole", "before"]].tolist() == [1, 1, 1]
    assert table.loc[("orders_per_buyer", 2), "value"] == 12


def test_records_of_less_than_two_years_tell_no_year_before(company, orders):
    young = figures(company, orders[orders["at"] >= "2025-02-01"])
    assert young["before"].isna().all()
    assert young["value"].notna().all()
    told_young, told_old = (
        files(pages(company, known), Language("en")) for known in (orders[orders["at"] >= "2025-02-01"], orders)
    )
    assert not any("A year before" in page["html"] for page in told_young)
    assert all("A year before" in page["html"] for page in told_old)


def test_customers_without_a_history_are_told_by_outcome_and_worth(company, orders):
    class Left:
        column, value, good = "left", "yes", False

    profile, labels = company
    profile = profile.assign(left=np.where(labels == 3, "yes", "no"))
    table = segment_page.key_figures(profile, labels, {}, AS_OF, Left, "spend").frame.set_index(["kpi", "segment"])
    assert table.loc[("outcome", 3), ["value", "whole"]].tolist() == [1, pytest.approx(1 / 6)]
    assert table.loc[("worth", 1), "value"] == pytest.approx(profile.loc[labels == 1, "spend"].mean())


def test_advice_follows_from_what_sets_the_segment_apart(company, orders):
    page = told(pages(company, orders)[2])
    assert page["Offer"] == ["climbing – Main category of 5 in 6"]
    assert page["What sets them apart"][0].startswith("Main category: climbing – 5 in 6")
    assert [line.partition(":")[0] for line in page["Do not"]] == ["offer discounts", "count on “app”"]
    assert page["Rule for the CRM"] == ["Main category: climbing – finds 50% of them; 80% of those found belong here"]
    others = told(pages(company, orders)[0])
    assert "Rule for the CRM" not in others
    assert not any("discounts" in line for line in others.get("Do not", []))


def test_what_nearly_everybody_has_sets_nobody_apart(company, orders):
    profile, labels = company
    bought = np.where((labels == 3) | (profile["customer_no"] % 4 > 0), "food", "other goods")
    page = told(pages((profile.assign(top_category=bought), labels), orders)[2])
    assert "Offer" not in page
    assert not any("food" in line for line in page.get("What sets them apart", []))


def test_the_problem_they_meet_beyond_others_comes_with_their_words(company, orders):
    late = pd.DataFrame({"customer_no": [*range(500, 550), *range(40)], "pain": "late", "evidence": "theme"})
    often = pd.DataFrame({"customer_no": range(0, 600, 2), "pain": "mixed: a, b", "evidence": "theme"})
    clicks = pd.DataFrame({"customer_no": range(600), "pain": "search", "evidence": "behaviour"})
    met = pd.concat([late, often, clicks])
    page = told(pages(company, orders, {3: "It came too late."}, met)[2])
    assert page["What hurts them"] == ["late: 1 in 2, of the others 1 in 12", "“It came too late.”"]
    cards = html(pages(company, orders, {3: "It came too late."}, met), Language("en"))
    assert cards.count("What hurts them") == 1  # elsewhere it is no more than anywhere, which needs no card
    assert "late: 1 in 2, of the others 1 in 12" in cards
    assert "It came too late." not in cards
    assert "no more than elsewhere" in told(pages(company, orders, met=met)[0])["What hurts them"][0]
    only = told(pages(company, orders, met=clicks)[2])
    assert only["What hurts them"] == ["search: all, no more than elsewhere"]


def test_words_are_those_of_the_segment_and_only_where_quotes_are_allowed(company):
    profile, labels = company
    texts = [f"The parcel came much too late for our trip, number {at % 3}" for at in range(60)]
    tickets = pd.DataFrame({"customer_no": range(500, 560), "text": texts, "language": "en"})
    themes = pd.DataFrame({"row": range(60), "customer_no": range(500, 560), "theme": "late", "weight": 1.0})
    given = (tickets, themes, profile["customer_no"], labels)
    assert "too late" in segment_page.voices(*given, {3: "late", 1: "late"}, True, 10)[3]
    assert 1 not in segment_page.voices(*given, {3: "late", 1: "late"}, True, 10)
    assert segment_page.voices(*given, {3: "late"}, False, 10) == {}


def test_each_segment_has_a_file_and_a_card_that_leads_there_and_its_rule_is_folded_away(company, orders):
    made = pages(company, orders)
    written = files(made, Language("en"))
    assert [page["file"] for page in written] == ["segment-1.html", "segment-2.html", "segment-3.html"]
    third = written[2]["html"]
    assert (
        "<details><summary>SQL</summary><code>(&#34;top_category&#34; = &#39;climbing&#39;)</code></details>" in third
    )
    cards = html(made, Language("en"))
    assert [f'href="{page["file"]}"' in cards for page in written] == [True] * 3
    assert "SQL" not in cards
    assert cards.count("What sets them apart") <= 3
    assert files([], Language("en")) == []


def test_a_hidden_number_is_on_no_page(company, orders):
    profile, labels = company
    few = labels.mask((labels == 3) & (labels.index > 504), 2)
    small = pages((profile, few), orders)[2]
    assert small.figures == ()
    assert Language("en").text(small.lead) == "too few to show"
    assert not {"Offer", "Do not"} & set(told(small))


def test_the_rules_are_guarded_as_in_their_chapter():
    assert rules.PICKED.also == ("picked",)
    assert rules.PICKED.within is None
