import numpy as np
import pandas as pd
import pytest

from customer_profiles.privacy.known_names import KnownNames

RECORDS = pd.DataFrame(
    {
        "first_name": ["Ayşe", "Jürgen", "Mark", None, None],
        "last_name": ["Yılmaz", "Groß-Müller", "Lang", None, None],
        "name": [None, None, None, "Kowalska, Agnieszka", "Priya Sharma"],
    }
)
NAMES = KnownNames(RECORDS, np.array([0, 1, 2, 3, -1]))


def hidden(*texts, numbers=None):
    rows = pd.DataFrame({"text": pd.Series(texts, dtype="str")})
    return NAMES.hide_in(rows, np.full(len(texts), -1) if numbers is None else np.array(numbers)).text.tolist()


@pytest.mark.parametrize(
    "written",
    [
        *(
            "Ayşe Yılmaz",
            "ayse yilmaz",
            "AYŞE YILMAZ",
            "Jürgen Groß-Müller",
            "Juergen Gross-Mueller",
            "jurgen",
            "Müllers",
        ),
        *("Mark Lang", "Agnieszka Kowalska", "Kowalska", "priya", "Sharma", "Mu\u0308ller"),
    ],
)
def test_names_of_customers_go_in_any_spelling(written):
    assert hidden(f"Hier schreibt {written}, danke") == ["Hier schreibt [name], danke"]


def test_everyday_words_stay_unless_they_are_used_as_names():
    texts = ["Das dauert zu lang", "viel zu lang", "Herr Lang wartet", "please mark it", "Mark Lang wartet"]
    assert hidden(*texts) == [*texts[:2], "Herr [name] wartet", texts[3], "[name] wartet"]


def test_ones_own_name_goes_even_if_it_is_a_word():
    texts = ["gruß lang", "viel zu lang", "so lang"]
    assert hidden(*texts, numbers=[2, 0, 0]) == ["gruß [name]", *texts[1:]]


def test_without_names_nothing_changes():
    rows = pd.DataFrame({"text": pd.Series(["Anna war da", None], dtype="str"), "score": [1, 2]})
    nobody = KnownNames(pd.DataFrame({"city": ["Ulm"]}), np.array([0]))
    assert not nobody
    pd.testing.assert_frame_equal(nobody.hide_in(rows), rows)


def test_missing_texts_stay_missing():
    rows = pd.DataFrame({"text": pd.Series(["Priya war da", None], dtype="str")})
    assert NAMES.hide_in(rows).text.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Mail an agnieszka.kowalska@example.org, danke", "Mail an [e-mail], danke"),
        ("call 0170 1234567 please", "call [number] please"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [IBAN]"),
    ],
)
def test_addresses_and_numbers_are_not_kept_whether_names_are_known_or_not(written, kept):
    assert hidden(written) == [kept]
    rows = pd.DataFrame({"text": pd.Series([written, None], dtype="str")})
    assert KnownNames(pd.DataFrame(), np.array([])).hide_in(rows).text.tolist()[0] == kept
