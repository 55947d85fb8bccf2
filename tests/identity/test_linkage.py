"""Scored pairs: what each comparison says, and how well it works on people who had no part in making the weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_truth import b_cubed, pairwise
from linkage_people import make_records

from customer_profiles.analysis.sources.matching import PRECISION, RECALL, RECORD_PRECISION, RECORD_RECALL, estimate
from customer_profiles.identity import linkage
from customer_profiles.identity.candidates import candidate_pairs
from customer_profiles.identity.closure import groups, kept_links
from customer_profiles.identity.comparable import LARGEST_SHARE, MISSING, comparable
from customer_profiles.identity.resolution import resolve

HELD_OUT = 404
MIN_PRECISION, MIN_RECALL = 0.99, 0.96  # at 4,000 people, where the interval of recall is ±0.6 points wide

ONE = {
    "first_name": "Anna",
    "last_name": "Müller",
    "email": "anna.mueller@post.example",
    "phone": "+49 170 1234567",
    "street": "Lange Straße 5",
    "postal_code": "01067",
    "birth_date": pd.Timestamp("1985-03-04"),
}


def table(*records) -> pd.DataFrame:
    frame = pd.DataFrame(records)
    return frame.astype({name: "str" for name in frame if name != "birth_date"})


def outcome(**changed) -> dict[str, str]:
    """Levels of a record and a changed copy of it; empty if they cannot be one person."""
    known = comparable(table(ONE, ONE | changed))
    scored = linkage.score(known, np.array([1]))
    return {} if not len(scored.left) else dict(
        zip(linkage.FIELDS, (linkage.LEVELS[code] for code in scored.levels[0]), strict=True)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "changed", "level"),
    [
        ("first_name", {"first_name": "ANNA"}, "equal"),
        ("first_name", {"first_name": "A."}, "initial"),
        ("first_name", {"first_name": "Amna"}, "typo"),
        ("first_name", {"first_name": None}, "missing"),
        ("first_name", {"first_name": "Müller", "last_name": "Anna"}, "swapped"),
        ("last_name", {"last_name": "Mueller"}, "equal"),
        ("last_name", {"last_name": "Müler"}, "similar"),
        ("last_name", {"last_name": "Miller"}, "similar"),
        ("last_name", {"last_name": "Müller-Lang"}, "similar"),
        ("last_name", {"last_name": "Schmidt"}, "different"),
        ("birth_date", {"birth_date": pd.Timestamp("1985-04-03")}, "near"),
        ("birth_date", {"birth_date": pd.Timestamp("1985-03-05")}, "near"),
        ("birth_date", {"birth_date": pd.Timestamp("1958-03-04")}, "near"),  # neighbours exchanged
        ("birth_date", {"birth_date": pd.NaT}, "missing"),
        ("email", {"email": "Anna.Mueller@post.example"}, "equal"),
        ("email", {"email": "anna.mueller@web.example"}, "near"),
        ("email", {"email": "anna.meuller@post.example"}, "near"),
        ("email", {"email": "kontakt@web.example"}, "different"),
        ("email", {"email": "noreply@post.example"}, "missing"),
        ("phone", {"phone": "0170/1234567"}, "equal"),
        ("phone", {"phone": "0170/1234568"}, "near"),
        ("phone", {"phone": "0000000000"}, "missing"),
        ("address", {"street": "LANGE STR. 5"}, "equal"),
        ("address", {"street": "Lagne Str. 5"}, "near"),
        ("address", {"postal_code": "01069"}, "near"),
        ("address", {"street": "Kurze Gasse 9"}, "area"),
        ("address", {"street": None}, "place"),
        ("address", {"street": "Kurze Gasse 9", "postal_code": "80331"}, "different"),
    ],
)
def test_what_a_comparison_sees(field, changed, level):
    assert outcome(**changed)[field] == level


def test_other_given_names_and_birth_dates_are_other_people():
    assert outcome(first_name="Bernd") == {}
    assert outcome(birth_date=pd.Timestamp("1961-11-30")) == {}


@pytest.mark.parametrize(
    "street",
    ["22 Mill Road", "Mill Rd 22", "MILL RD. 22", "22, Mill road"],
)
def test_english_streets(street):
    assert outcome(street=street)["address"] == "area"
    known = comparable(table(ONE | {"street": "22 Mill Road"}, ONE | {"street": street}))
    assert known.codes["street"][0] == known.codes["street"][1]


def test_what_many_people_share_is_a_placeholder():
    people = [ONE | {"last_name": f"Name{i % 7}", "first_name": f"F{i}"} for i in range(LARGEST_SHARE + 1)]
    others = [ONE | {"email": f"a{i}@x.de", "phone": f"0170 55{i:05}", "birth_date": pd.Timestamp("1950-01-01")
                     + pd.Timedelta(days=i)} for i in range(100)]  # fmt: skip
    known = comparable(table(*people, *others))
    for column in ("email", "phone", "birth_date"):
        assert (known.codes[column][: len(people)] == MISSING).all(), column
        assert (known.codes[column][len(people) :] != MISSING).all(), column


def test_a_mailbox_of_many_surnames_is_a_placeholder():
    records = [{"last_name": name, "first_name": "Ute", "email": "info@verein.example"} for name in "abcdefg"]
    assert (comparable(table(*records)).codes["email"] == MISSING).all()


def test_probabilities_rise_with_every_agreement():
    def probability(**changed) -> float:
        scored = linkage.score(comparable(table(ONE, ONE | changed)), np.array([1]))
        return float(scored.probability[0])

    missing = {"email": None, "phone": None}
    assert probability() > probability(email=None) > probability(**missing, birth_date=pd.NaT)
    assert probability(**missing) > probability(**missing, last_name="Schmidt")
    assert probability(**missing) > probability(**missing, first_name="A.", birth_date=pd.NaT)


def test_agreeing_on_a_rare_name_tells_more():
    others = [{"first_name": "Anna", "last_name": "Müller", "postal_code": f"{i:05}"} for i in range(2_000)]
    rare = {"first_name": "Quirin", "last_name": "Achterberg"}
    pair = [ONE, ONE | {"phone": None, "email": None, "street": None, "postal_code": "99999"}]
    known = comparable(table(*pair, *(record | rare for record in pair), *others))
    scored = linkage.score(known, np.array([1, 2 * known.n + 3]))
    assert scored.probability[1] > scored.probability[0]


def test_the_table_of_weights_is_whole():
    rows = [(field, level, *told) for field, levels in linkage.WEIGHTS.items() for level, told in levels.items()]
    table = pd.DataFrame(rows, columns=["field", "level", "same", "household", "stranger"])
    assert set(table["field"]) == set(linkage.FIELDS)
    assert set(table["level"]) <= set(linkage.LEVELS)
    assert table[["same", "household"]].gt(0).all(axis=None)
    shares = table[table["level"] != "swapped"].groupby("field")[["same", "household"]].sum()
    assert (shares.drop(index="address") <= 1.0001).all(axis=None)  # the address has two levels for one case


def test_candidates_are_bounded_and_each_pair_once():
    records = table(*(ONE | {"street": None, "email": None, "phone": None} for _ in range(300)))
    assert len(candidate_pairs(comparable(records))) == 0  # 300 of one name on one day: too many to be one person
    records = make_records(500, seed=9)
    pairs = candidate_pairs(comparable(records))
    assert len(np.unique(pairs)) == len(pairs)
    assert (pairs // len(records) < pairs % len(records)).all()
    assert len(pairs) < 5 * len(records)


def test_chunks_make_no_difference(monkeypatch):
    records = make_records(300, seed=3)
    whole = resolve(records)
    monkeypatch.setattr(linkage, "CHUNK", 50)
    in_parts = resolve(records)
    assert (whole.person == in_parts.person).all()
    pd.testing.assert_frame_equal(whole.evidence, in_parts.evidence)


def test_unseen_people_families_included():
    records = make_records(4_000, HELD_OUT)
    result = pairwise(resolve(records).person, records["person"])
    assert result["precision"].value >= MIN_PRECISION
    assert result["recall"].value >= MIN_RECALL


def test_probabilities_are_calibrated_on_unseen_people():
    """Among pairs said to be one person with so much probability, that many are."""
    records = make_records(6_000, HELD_OUT + 1)
    truth = records["person"].to_numpy()
    known = comparable(records)
    scored = linkage.score(known, candidate_pairs(known))
    same = truth[scored.left] == truth[scored.right]
    for low, high in ((0.5, 0.9), (0.9, 0.97), (0.97, 0.995), (0.995, 1.01)):
        among = (scored.probability >= low) & (scored.probability < high)
        expected, found = scored.probability[among].mean(), same[among].mean()
        noise = 4 * np.sqrt(expected * (1 - expected) / among.sum()) + 0.02
        assert abs(expected - found) < noise, (low, high, expected, found)


def test_few_duplicates_make_it_more_careful_and_the_estimate_tells():
    """Where hardly anybody appears twice, the same agreement is more often a coincidence or a relative."""
    records = make_records(8_000, seed=HELD_OUT + 2, copies=(0.96, 0.03, 0.01))
    found = resolve(records)
    measured = pairwise(found.person, records["person"])
    sums = found.evidence.groupby("joined").sum(numeric_only=True)
    told = estimate(sums, len(records)).frame.set_index("measure")
    assert measured["precision"].value >= 0.96
    assert abs(told.loc[PRECISION, "share"] - measured["precision"].value) < 0.05
    assert abs(told.loc[RECALL, "share"] - measured["recall"].value) < 0.06
    by_record = b_cubed(found.person, records["person"], resamples=50)
    assert abs(told.loc[RECORD_PRECISION, "share"] - by_record["precision"].value) < 0.005
    assert abs(told.loc[RECORD_RECALL, "share"] - by_record["recall"].value) < 0.01


@settings(max_examples=60)
@given(st.data())
def test_no_group_holds_a_contradiction(data):
    """Whatever is linked: birth dates and given names within a group agree, and thresholds nest."""
    n = data.draw(st.integers(2, 12))
    days = [pd.Timestamp("1985-03-04"), pd.Timestamp("1985-03-14"), pd.Timestamp("1960-12-25"), pd.NaT]
    names = ["Anna", "Bernd", "Anne", None]
    records = table(
        *(
            ONE | {"birth_date": data.draw(st.sampled_from(days)), "first_name": data.draw(st.sampled_from(names))}
            for _ in range(n)
        )
    )
    known = comparable(records)
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] < pair[1])
    links = data.draw(st.lists(pairs, unique=True, max_size=20))
    left, right = (np.array(side, dtype=int) for side in (zip(*links, strict=True) if links else ((), ())))
    probability = np.array(data.draw(st.lists(st.floats(0.5, 0.999), min_size=len(links), max_size=len(links))))
    kept = kept_links(known, left, right, probability)
    group = groups(n, left[kept], right[kept])
    given_days = records["birth_date"].groupby(group).agg(lambda days: set(days.dropna()))
    assert all(not {days[2], other} <= found for found in given_days for other in days[:2])
    given_names = records["first_name"].groupby(group).agg(lambda names: set(names.dropna()))
    assert all(not {"Bernd", other} <= found for found in given_names for other in ("Anna", "Anne"))


def test_a_fact_is_taken_even_if_it_contradicts():
    known = comparable(table(ONE, ONE | {"first_name": "Bernd"}))
    assert kept_links(known, np.array([0]), np.array([1]), np.array([1.0])).all()
    assert not kept_links(known, np.array([0]), np.array([1]), np.array([0.9])).any()
