import pandas as pd
import pytest

from customer_profiles.privacy.person_names import Vocabulary
from customer_profiles.text import quotes

LATE = "Die Lieferung kam leider viel zu spät und ohne Nachricht."


def comments(count=40, text=LATE):
    texts = pd.DataFrame({"row": range(count), "customer_no": range(count), "text": text, "language": "de"})
    near = [1 - row / 100 for row in range(count)]
    assignments = texts[["row", "customer_no"]].assign(theme="Lieferung", weight=near)
    heard = texts[["row"]].assign(sentiment=["positive" if row % 3 == 0 else "negative" for row in range(count)])
    return texts, assignments, heard


def test_off_unless_allowed():
    assert quotes.choose(*comments()).empty


def test_nearest_of_each_sentiment_in_proportion():
    texts, assignments, heard = comments()
    texts["text"] = [f"{LATE[:-1]}{' sehr' * (row % 4)}." for row in texts["row"]]
    chosen = quotes.choose(texts, assignments, heard, allowed=True)
    assert chosen["sentiment"].tolist() == ["negative", "negative", "positive"]
    assert chosen["quote"].tolist() == [texts.text[1], texts.text[2], texts.text[0]]
    assert chosen["n"].tolist() == [40] * 3
    shuffled = quotes.choose(
        texts.sample(frac=1, random_state=3), assignments.sample(frac=1, random_state=4), heard, True
    )
    pd.testing.assert_frame_equal(shuffled, chosen)


def test_one_quote_for_each_customer():
    texts, assignments, _ = comments()
    texts["customer_no"] = assignments["customer_no"] = [0] * 29 + list(range(1, 12))
    chosen = quotes.choose(texts, assignments, None, allowed=True)
    assert len(chosen) == 3
    assert quotes.choose(texts.assign(customer_no=pd.NA), assignments, None, allowed=True).empty


def test_a_topic_of_few_customers_has_none():
    assert quotes.choose(*comments(9), allowed=True).empty


@pytest.mark.parametrize(
    "text",
    [
        "zu kurz",
        LATE * 6,
        "Frau Kowalczyk und Herr Yılmaz und Frau Nowak waren sehr nett und sehr bemüht.",
        "Der Vertrag mit der Nummer 12 34 ist leider nicht angekommen und fehlt.",
        "Das war nur bei der Müllabfuhr so, sonst war alles gut und schön.",
    ],
)
def test_not_shown(text):
    assert quotes.shown(text, Vocabulary("de", frozenset(("Lieferung", "Nachricht")))) == ""


def test_shown_without_names_and_without_what_hides():
    known = Vocabulary.of([LATE] * 10, range(10), "de")
    written = "Frau Yılmaz war nett.\u202e " + LATE
    assert quotes.shown(written, known) == "Frau [name] war nett. " + LATE


def test_the_rule_is_said():
    assert quotes.rule(10).values["least"] == 10
    (told,) = quotes.off()
    assert "dataset.yaml" in told.message
    assert quotes.off(allowed=True) == []
    assert quotes.limits(quotes.choose(*comments()), allowed=True)
    assert not quotes.limits(quotes.choose(*comments()), allowed=False)
