"""What counts as English on a German page."""

from __future__ import annotations

from benchmarks import german_words

PAGE = """<title>not read</title><nav>share</nav><main><h1>Kunden und share</h1><p>Quelle „newsletter share“</p>
<details><summary>share</summary><code>share</code></details><blockquote>We share it</blockquote>
<svg><text>Umsatz</text></svg></main><footer>share</footer>"""


def test_words_in_sight_are_read_and_what_is_quoted_is_not():
    assert list(german_words.words(PAGE)) == ["kunden", "und", "share", "quelle", "umsatz"]


def test_a_word_is_english_if_no_german_message_has_it():
    only = german_words.english_only()
    assert {"customers", "share", "buyers"} <= only
    assert not {"kunden", "service", "und"} & only
