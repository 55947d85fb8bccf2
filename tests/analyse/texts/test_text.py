from customer_profiles.analyse.texts import text


def test_placeholders_do_not_count_as_words():
    assert text.impersonal("Frau [name] war nett") == "Frau war nett"
    assert text.words(text.impersonal("Mail an anna@example.org bitte")) == ["Mail", "an", "bitte"]


def test_words_keep_spelling_and_leave_out_numbers():
    assert text.words("Gore-Tex-Jacke in Größe 42, don't!") == ["Gore-Tex-Jacke", "in", "Größe", "don't"]


def test_stop_words_keep_what_people_complain_about():
    assert {"the", "don't", "hello"} <= text.stop_words("en")
    assert not {"order", "small", "page", "problem"} & text.stop_words("en")
    assert {"nicht", "hallo", "ich"} <= text.stop_words("de")
    assert text.stop_words("xx") == frozenset()


def test_mask_shows_no_character():
    assert text.mask("O'Neil 7") == "1×<letter> 1×<sign> 4×<letter> 1×<blank> 1×<digit>"
    assert text.mask("") == "empty"


def test_hostile_text_counts_as_plain_words():
    hostile = "<script>alert(1)</script> =cmd|' /C calc'!A0 \x00\u202e Lieferung"
    assert text.words(text.impersonal(hostile))[-1] == "Lieferung"
    assert not set("<>=|") & set("".join(text.words(text.impersonal(hostile))))
    assert len(text.impersonal("Wort " * 250_000)) <= 10_000
