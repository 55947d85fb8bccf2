import pandas as pd

from customer_profiles.reporting import quotes
from customer_profiles.reporting.language import Language
from customer_profiles.reporting.outputs import sanitise
from customer_profiles.text import quotes as analysed

HOSTILE = [
    "<script>alert(1)</script> und <img src=x onerror=alert(1)> kam",
    "=cmd|' /C calc'!A0 kam zu spät",
    "</ul><iframe src='https://example.org'></iframe>",
    "{{ 7*7 }} {% raw %} &lt;b&gt;",
]


def table(texts):
    return pd.DataFrame({"theme": "<b>Lieferung", "sentiment": "negative", "language": 'de"x', "quote": texts, "n": 20})


def test_quotes_stand_under_their_topic_below_the_rule():
    html = quotes.html(table(["Kam zu spät."]), analysed.rule(), Language("en"))
    assert html.index("fixed rule") < html.index("<h3>") < html.index("Kam zu spät.")


def test_hostile_text_is_only_text():
    html = quotes.html(table(HOSTILE), analysed.rule(), Language("de"))
    for clean in (html, sanitise(html)):
        assert not any(tag in clean for tag in ("<script", "<img", "<iframe", "<b>"))
        assert "&lt;script&gt;alert(1)" in clean
        assert 'lang="de"x' not in clean


def test_the_sanitiser_keeps_what_is_shown():
    clean = sanitise(quotes.html(table(["Kam zu spät."]).assign(language="de"), analysed.rule(), Language("en")))
    assert '<li><q lang="de">Kam zu spät.</q> <small class="tag">negative</small></li>' in clean
    assert "<details><summary>Quotes for each theme" in clean


def test_one_quote_of_few_themes_stands_above_the_fold():
    told = pd.concat(
        table([f"Über {theme}, {number}."]).assign(theme=theme, language=language)
        for theme in ("App", "Laden", "Paket", "Preis", "mixed: a, b")
        for number, language in enumerate(("en", "de", "de"))
    )
    seen = quotes.html(told, analysed.rule(), Language("de")).split("<details>")[0]
    assert [f"Über {theme}, 1." in seen for theme in ("App", "Laden", "Paket", "Preis", "mixed: a, b")] == [
        *[True] * 3,
        *[False] * 2,
    ]
    assert seen.count("<li>") == 3
