"""Three kinds of evidence in one list."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from customer_profiles.analysis.pain_points import observations
from customer_profiles.analysis.pain_points.observations import declared, gather
from customer_profiles.ingest.contract import empty_table
from customer_profiles.text.themes.discovery import OTHER

AS_OF = date(2025, 3, 31)
NOTHING = {name: empty_table(name) for name in observations.TABLES}


@pytest.fixture
def profile():
    why = ["price", "did not leave", None, "Other", "price"]
    return pd.DataFrame({"customer_no": range(1, 6), "churn_reason": why})


@pytest.fixture
def tickets():
    opened = pd.to_datetime(["2025-01-01", "2025-01-05", "2025-02-01", "2025-02-01"])
    return pd.DataFrame(
        {
            "customer_no": [1, 1, 2, None],
            "opened_at": opened,
            "category": ["delivery", "delivery", "other", "delivery"],
            "text": ["a", "b", "c", "d"],
        },
        index=[10, 11, 12, 13],
    )


@pytest.fixture
def assignments():
    theme = ["parcel", "price", OTHER, "parcel"]
    return pd.DataFrame({"row": [10, 11, 12, 13], "customer_no": [1, 1, 2, None], "theme": theme})


@pytest.mark.parametrize(
    ("theme", "category", "reason", "names"),
    [
        ("parcel", "price", "price", ["parcel theme tickets", "price reason tickets+customers"]),
        ("price", "price", "price", ["price theme tickets", "price (reason) reason tickets+customers"]),
        ("repeated_contact", "x", "x", ["repeated_contact (theme) theme tickets", "x reason tickets+customers"]),
        ("x", "repeated_contact", "y", ["x theme tickets", "repeated_contact (reason) reason tickets", "y reason"]),
    ],
)
def test_pains_that_are_called_alike_have_names_of_their_own(
    profile, tickets, assignments, theme, category, reason, names
):
    profile = profile.assign(why=pd.Series([reason] * len(profile), profile.index, dtype="str"))
    told = assignments.assign(theme=theme)
    evidence = gather(NOTHING | {"tickets": tickets.assign(category=category)}, profile, AS_OF, told, {"why": None})
    assert evidence.names["pain"].is_unique
    found = [" ".join(row) for row in evidence.names.to_numpy()]
    assert [name.startswith(start) for name, start in zip(found, names, strict=False)] == [True] * len(names)
    hit, exposed = evidence.matrix(profile["customer_no"])
    assert hit.shape == exposed.shape == (len(profile), len(evidence.names))


def test_the_list_has_every_pain_once_by_kind(profile, tickets, assignments):
    evidence = gather(NOTHING | {"tickets": tickets}, profile, AS_OF, assignments, {"churn_reason": "did not leave"})
    assert evidence.names.to_numpy().tolist() == [
        ["parcel", "theme", "tickets"],
        ["price", "theme", "tickets"],
        ["delivery", "reason", "tickets"],
        ["price (reason)", "reason", "customers"],  # not the theme of the same name
        ["repeated_contact", "behaviour", "tickets"],
    ]
    assert evidence.pains.to_numpy().tolist() == [
        [1, "delivery", "reason", 2],
        [1, "parcel", "theme", 1],
        [1, "price", "theme", 1],
        [1, "price (reason)", "reason", 1],
        [1, "repeated_contact", "behaviour", 1],
        [5, "price (reason)", "reason", 1],
    ]


def test_of_behaviour_the_latest_occasion_counts(profile, tickets):
    days = pd.to_datetime(["2025-01-01", "2025-01-05", "2025-03-01", "2025-01-01"])
    later = tickets.assign(customer_no=[1, 1, 1, 2], opened_at=days)
    evidence = gather(NOTHING | {"tickets": later}, profile, AS_OF)
    at = evidence.names["pain"].tolist().index("repeated_contact")
    hit, exposed = evidence.matrix(profile["customer_no"])
    assert exposed[:, at].tolist() == [True, True, False, False, False]
    assert not hit[:, at].any()
    assert evidence.pains.query("pain == 'repeated_contact'")["n"].tolist() == [1]


@pytest.mark.parametrize("kept", [["tickets"], ["interactions"], ["reasons"], []])
def test_every_source_alone_and_none_at_all(kept, profile, tickets, assignments):
    clicks = pd.DataFrame(
        {"customer_no": [1], "at": pd.to_datetime(["2025-01-01"]), "kind": ["search"], "session_id": ["s"]}
    )
    sources = NOTHING | {name: {"tickets": tickets, "interactions": clicks}[name] for name in kept if name != "reasons"}
    reasons = {"churn_reason": "did not leave"} if "reasons" in kept else {}
    evidence = gather(sources, profile, AS_OF, assignments if "tickets" in kept else None, reasons)
    assert bool(len(evidence)) == bool(kept)
    expected = {"tickets": {"theme", "reason", "behaviour"}, "interactions": {"behaviour"}, "reasons": {"reason"}}
    assert set(evidence.names["evidence"]) == expected.get("".join(kept), set())
    hit, exposed = evidence.matrix(profile["customer_no"])
    assert hit.shape == exposed.shape == (5, len(evidence.names))
    told = " ".join(limit.message for limit in observations.limits(sources, reasons, evidence))
    assert ("own words" in told) == ("tickets" not in kept)
    assert ("searches" in told) == ("interactions" not in kept)
    assert ("reasons" in told) == (kept in (["interactions"], []))


def test_reasons_are_those_that_the_data_set_marks():
    marked = {
        "churn_reason": SimpleNamespace(reason=True, missing="did not leave"),
        "contract": SimpleNamespace(reason=False, missing=None),
        "plain": SimpleNamespace(),
    }
    assert declared(marked) == {"churn_reason": "did not leave"}
