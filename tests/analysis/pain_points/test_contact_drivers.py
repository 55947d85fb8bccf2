"""What one contact settles, counted by hand."""

from datetime import date

import pandas as pd
import pytest

from customer_profiles.analysis.pain_points import contact_drivers
from customer_profiles.analysis.pain_points.observations import THEME, Evidence
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result

AS_OF = date(2025, 3, 31)
NO_OCCASIONS = pd.DataFrame({name: pd.Series(dtype="object") for name in ("pain", "customer_no", "at", "hit")})


@pytest.fixture
def tickets() -> pd.DataFrame:
    opened = pd.to_datetime(["2025-01-01", "2025-01-15", "2025-02-20", "2025-01-01", "2025-01-01", "2025-03-18"])
    return pd.DataFrame(
        {
            "customer_no": [1, 1, 1, 2, 3, 4],
            "opened_at": opened,
            "closed_at": opened.where([True, True, True, False, True, True]),
            "reopened": [False, False, False, False, True, False],
            "channel": ["phone", "mail", "chat", "mail", None, "phone"],
        }
    )


def evidence_of(pains: list[str]) -> Evidence:
    hits = pd.DataFrame({"evidence": THEME, "pain": pains, "source": "tickets", "at": pd.NaT, "row": range(len(pains))})
    return Evidence(hits.assign(customer_no=1), NO_OCCASIONS)


def drivers_of(pains: list[str], tickets: pd.DataFrame) -> Result:
    """The drivers of tickets, which are told of as the chapter does it."""
    cases = tickets.join(contact_drivers.settled(tickets, AS_OF)[["told", "settled"]])
    if "channel" in tickets:
        person = tickets["channel"].isin(contact_drivers.WITH_A_PERSON).where(tickets["channel"].notna())
        cases = cases.assign(person=person)
    return contact_drivers.drivers(evidence_of(pains), cases)


def test_settled_is_closed_not_opened_again_and_not_followed(tickets):
    table = drivers_of(["a"] * 6, tickets).frame
    row = table.iloc[0]
    # followed after 14 days, settled, settled, still open, opened again; of the last it is too early to tell
    assert (row["n"], row["base"]) == (2, 5)
    assert row["share"] == pytest.approx(0.4)
    assert row["person_share"] == pytest.approx(3 / 5)


def test_the_pain_that_is_settled_least_comes_first(tickets):
    table = drivers_of(["a", "b", "b", "a", "a", "c"], tickets).frame
    assert table["pain"].tolist() == ["a", "b"]
    assert table["share"].tolist() == [0, 1]


def test_without_channels_or_tickets_less_is_told(tickets):
    assert "person_share" not in drivers_of(["a"], tickets.drop(columns="channel")).frame
    assert not len(drivers_of([], empty_table("tickets")))
    assert not len(drivers_of(["a"], tickets.assign(closed_at=pd.NaT)))
    assert drivers_of([], empty_table("tickets")).needs == "tickets"


def test_small_counts_are_hidden(tickets):
    many = tickets.iloc[[1] * 40 + [0] * 3].reset_index(drop=True).assign(customer_no=range(43))
    result = drivers_of(["often"] * 40 + ["seldom"] * 3, many)
    page = Gate(10).guard(result).frame.set_index("pain")
    assert page["suppressed"].to_dict() == {"often": False, "seldom": True}
    assert pd.isna(page.loc["seldom", "n"])
