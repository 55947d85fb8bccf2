"""What a chapter answers on the summary."""

import pandas as pd
import pytest

from customer_profiles.chapters import CHAPTERS
from customer_profiles.messages import CHANCE, UNKNOWN, Finding, Text
from customer_profiles.reporting import memo
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.panel import Drawing, Panel
from customer_profiles.reporting.stored import PublishedTable, Results

SPEC = CHAPTERS["05"]
RULE = Panel(
    "rfm_segments",
    Text("Buyers by recency"),
    (Finding("Champions: 22% of customers.", id="rfm.champions"),),
    drawing=Drawing("<svg></svg>", "<svg></svg>", alt=""),
)
PARTS = Panel(
    "segment_figures",
    Text("Segments"),
    (Finding("Segment 5: 13% of customers.", id="segments.5"),),
    drawing=Drawing("<svg></svg>", "<svg></svg>", alt=""),
)


def answered(panels, findings, segments, language="en"):
    results = Results(findings=tuple(findings), facts={"segments": segments})
    return memo.answer(SPEC, panels, results, Language(language))


def test_without_segments_groups_by_a_rule_do_not_answer_which_segments_there_are():
    none = Finding("Customers differ gradually and form no segments.", id="segments.none", kind="nothing")
    told = answered([RULE], [none, *RULE.claims], 0)
    assert told.question == "Buyers by recency"
    assert told.said == "Champions: 22% of customers."
    assert told.meant == "Customers differ gradually."


def test_parts_that_are_not_natural_are_told_as_such_in_both_languages():
    parts = Finding("Customers differ gradually.", id="segments.reproducible", kind="nothing")
    told = answered([RULE, PARTS], [parts, *PARTS.claims], 5)
    assert (told.question, told.said) == ("Which segments do they form?", "Segment 5: 13% of customers.")
    assert told.meant == "Customers differ gradually."
    assert answered([PARTS], [parts, *PARTS.claims], 5, "de").meant == "Die Kunden unterscheiden sich fließend."


def test_natural_segments_need_no_word():
    natural = Finding("Customers form 4 natural segments.", id="segments.natural", kind="difference")
    assert answered([PARTS], [natural, *PARTS.claims], 4).meant == ""


def test_what_changed_since_the_last_run_is_told_with_what_the_data_made_of_it():
    """Season and history are told by other figures of the page already: only what somebody has to know is repeated."""
    season = Finding("Sales went from 1 to 2.", id="year_before.sales", effect=0.9)
    real = Finding("Sales fell to 5.", id="changes.sales", kind="difference", p_adjusted=0.01)
    data = Finding("Sales: −3 of the change comes from another definition.", id="changes.data.sales.definition")

    def told(*findings: Finding) -> memo.Answer | None:
        panels = [Panel(each.id, Text(each.message), (each,)) for each in findings]
        return memo.answer(CHAPTERS["11"], panels, Results(findings=findings), Language("en"))

    assert told(season) is None
    both = told(season, real, data)
    assert (both.said, both.meant) == (real.message, data.message)
    only = told(season, data)
    assert (only.said, only.meant) == (data.message, "")


def test_an_answer_quotes_a_comment_on_what_it_says():
    said = Finding("“{theme:label}” comes up more often.", {"theme": "parcel"}, id="topics.parcel")
    quotes = [
        {"theme": "app", "language": "de", "quote": "Die App ist gut."},
        {"theme": "parcel", "language": "en", "quote": "The parcel came late."},
        {"theme": "parcel", "language": "de", "quote": "Das Paket kam spät."},
    ]
    assert memo.quote(quotes, said, "de")["quote"] == "Das Paket kam spät."
    assert memo.quote(quotes, said, "en")["quote"] == "The parcel came late."
    assert memo.quote(quotes, Finding("Most are content.", id="s"), "en")["quote"] == "The parcel came late."
    for vague in ("mixed: a, b", "Other"):
        assert memo.quote([{**quotes[0], "theme": vague}], said, "de") is None


def test_a_low_score_is_not_illustrated_by_praise():
    lower = Finding("Customers with a ticket answer lower.", {"tone": "negative"}, id="s")
    praise = {"theme": "app", "language": "en", "quote": "A good app.", "sentiment": "positive"}
    complaint = {"theme": "mixed: parcel", "language": "de", "quote": "Das Paket kam spät.", "sentiment": "negative"}
    assert memo.quote([praise, complaint], lower, "en") == complaint
    assert memo.quote([praise], lower, "en") is None


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        ([], ""),
        (["buyers"], "Only some key figures can be compared with a year ago (Buyers)"),
        (["buyers", "sales"], "No key figure has certainly changed within a year."),
    ],
)
def test_what_stands_still_is_told_of_the_figures_that_can_be_compared(compared, said):
    rows = [("buyers", "count", 90.0, 92.0), ("sales", "money", 1000.0, 990.0)]
    frame = pd.DataFrame(rows, columns=["kpi", "kind", "value", "value_before"]).assign(
        label=["Buyers", "Sales"],
        definition="",
        months=12,
        since="2025-01-01",
        until="2025-12-31",
        better=1,
        change=-1.0,
    )
    known = frame["kpi"].isin(compared)
    frame = frame.assign(
        verdict=known.map({True: CHANCE, False: UNKNOWN}), value_before=frame["value_before"].where(known)
    )
    tables, language = {"kpis": PublishedTable("", frame)}, Language("en", currency="EUR")
    told = memo.standing(tables, language, memo.tiles(tables, language))
    assert told.startswith(said or "90 customers")
    assert told.endswith("within 12 months.")


@pytest.mark.parametrize(
    ("code", "months", "since", "told"),
    [
        ("en", 12, "2025-01-01", "12 months"),
        ("en", 9, "2025-04-01", "April 2025 to December 2025"),
        ("de", 9, "2025-04-01", "April 2025 bis Dezember 2025"),
        ("en", 1, "2025-12-01", "December 2025"),
    ],
)
def test_a_period_that_the_records_do_not_fill_is_told_by_its_months(code, months, since, told):
    day = pd.Timestamp(since)
    rows = [("buyers", "count", 90.0), ("sales", "money", 1000.0)]
    frame = pd.DataFrame(rows, columns=["kpi", "kind", "value"]).assign(
        label="Buyers", definition="", verdict=UNKNOWN, months=months, since=day, until=pd.Timestamp("2025-12-31")
    )
    language = Language(code, currency="EUR")
    tables = {"kpis": PublishedTable("", frame)}
    assert [tile["period"] for tile in memo.tiles(tables, language)] == [told, told]
    said = memo.standing(tables, language, memo.tiles(tables, language))
    assert (language.text(Text("{day:day}", {"day": day})) in said) is (months != 12)
    assert ("12" in said) is (months == 12)
