import pytest

from customer_profiles.messages import Text
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.short import short

SAME = "{n:count} of {base:count} customers (by {customers:label} and {total:count}) order again."


@pytest.mark.parametrize(
    ("message", "news"),
    [
        ("Up by {x:number} ({low:number} to {high:number}), from {b:number}.", "Up by {x:about}, from {b:about}."),
        ("{a:share} ({first_low:share} to {first_high:share}; n = {n:count}) do.", "{a:part} do."),
        ("{a:share} against {b:share}, n = {n:count} of {all:count}.", "{a:part} against {b:part}."),
        (
            "{a:share} gegenüber {b:share} der Besuche, n = {n:count} Kunden.",
            "{a:part} gegenüber {b:part} der Besuche.",
        ),
        ("Lower by {x:number}. This is an association; its E-value is {e:ratio}.", "Lower by {x:about}."),
        ("Lower by {x:number}. That is {y:share} of all.", "Lower by {x:about}. That is {y:part} of all."),
        ("They spent {x:money}, {y:ratio} times as much.", "They spent {x:sum}, {y:about} times as much."),
        ("Nothing was found. Look elsewhere.", "Nothing was found."),
        (SAME, SAME),
    ],
)
def test_intervals_bases_and_caveats_stay_in_the_evidence(message, news):
    assert short(message) == news


def test_the_news_of_a_sentence_is_in_the_language_of_the_report():
    text = Text(
        "{share:share} of comments are negative ({low:share} to {high:share}, n = {n:count}), "
        "{positive:share} positive.",
        {"share": 0.176, "low": 0.15, "high": 0.2, "n": 40, "positive": 0.05},
    )
    assert Language("en").news(text) == "18% of comments are negative, 5.0% positive."
    assert Language("de").news(text) == "18\xa0% der Kommentare sind negativ, 5,0\xa0% positiv."
    two = Text("{n:count} wait. They are {share:share} of all.", {"n": 3, "share": 0.5})
    assert Language("en").news(two) == "3 wait. They are 50% of all."
    assert Language("en").news(two, brief=True) == "3 wait."
