from customer_profiles.text import words


def test_placeholders_do_not_count_as_words():
    assert words.impersonal("Frau [name] war nett") == "Frau war nett"
    assert words.words(words.impersonal("Mail an anna@example.org bitte")) == ["Mail", "an", "bitte"]


def test_words_keep_spelling_and_leave_out_numbers():
    assert words.words("Gore-Tex-Jacke in Größe 42, don't!") == ["Gore-Tex-Jacke", "in", "Größe", "don't"]


def test_stop_words_keep_what_people_complain_about():
    assert {"the", "don't", "hello"} <= words.stop_words("en")
    assert not {"order", "small", "page", "problem"} & words.stop_words("en")
    assert {"nicht", "hallo", "ich"} <= words.stop_words("de")
    assert words.stop_words("xx") == frozenset()


def test_hostile_text_counts_as_plain_words():
    hostile = "<script>alert(1)</script> =cmd|' /C calc'!A0 \x00\u202e Lieferung"
    assert words.words(words.impersonal(hostile))[-1] == "Lieferung"
    assert not set("<>=|") & set("".join(words.words(words.impersonal(hostile))))
    assert len(words.impersonal("Wort " * 250_000)) <= 10_000
