"""Paths around a contact, by a few customers whose days are known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import paths
from customer_profiles.ingest.contract import empty_table

AS_OF = date(2025, 12, 31)


def days(*texts: str) -> pd.Series:
    return pd.to_datetime(pd.Series(texts), format="ISO8601")


def events(*rows: tuple) -> pd.DataFrame:
    """A timeline from customer, day, what and channel."""
    table = pd.DataFrame(rows, columns=["customer_no", "at", "what"])
    table["at"] = pd.to_datetime(table["at"], format="ISO8601")
    table["contact"] = table["what"].str.startswith("contact_")
    table["channel"] = table["what"].str.split("_").str[-1]
    return table.sort_values(["customer_no", "at"], kind="stable", ignore_index=True)


def test_visits_orders_and_contacts_make_one_timeline():
    tickets = pd.DataFrame({"customer_no": [1], "opened_at": days("2025-03-03"), "channel": ["phone"]})
    touches = pd.DataFrame(
        {
            "customer_no": [1, 1, 1, 1, None, 2],
            "at": days(
                "2025-03-01 10:00",
                "2025-03-01 10:05",
                "2025-03-02 10:00",
                "2025-03-02 10:01",
                "2025-03-02",
                "2025-03-01",
            ),
            "channel": ["web", "web", "chatbot", "chatbot", "web", None],
            "kind": ["view", "basket", "message", "message", "view", "delivery"],
            "session_id": ["a", "a", "b", "b", "c", None],
        }
    )
    lines = pd.DataFrame(
        {
            "customer_no": [1, 1],
            "at": days("2025-03-04", "2025-03-04"),
            "amount": [1.0, 2.0],
        }
    )
    found = paths.timeline({"tickets": tickets, "interactions": touches, "transactions": lines})
    assert found["what"].tolist() == ["visit_web", "contact_chatbot", "contact_phone", paths.ORDER]
    assert found["contact"].tolist() == [False, True, True, False]
    assert paths.timeline({"tickets": empty_table("tickets")}).empty


def test_the_path_holds_what_was_near_and_repeats_nothing():
    table = events(
        (1, "2025-01-01", "path_order"),
        (1, "2025-02-20", "visit_web"),
        (1, "2025-02-25", "visit_web"),
        (1, "2025-03-01", "contact_chat"),
        (1, "2025-03-02", "contact_chat"),
        (1, "2025-03-05", "path_order"),
        (1, "2025-05-05", "path_order"),
        (2, "2025-12-30", "contact_chat"),  # what follows is not known yet
    )
    walked = paths.paths(table, AS_OF, steps=4)
    assert walked["customer_no"].unique().tolist() == [1]
    assert walked["place"].tolist() == [-2, -1, 0, 1, 2]
    assert walked["what"].tolist() == [paths.NOTHING, "visit_web", "contact_chat", "contact_chat", "path_order"]


def test_the_matrix_adds_up_at_every_place():
    table = events(
        *((number, "2025-03-01", "contact_chat" if number % 2 else "contact_phone") for number in range(1, 41)),
        *((number, "2025-03-03", "path_order") for number in range(1, 21)),
        (99, "2025-01-01", "visit_web"),
    )
    walked = paths.paths(table, AS_OF)
    around = paths.around(walked)
    assert around.groupby("position")["n"].sum().unique().tolist() == [40]
    assert around["position"].unique().tolist() == ["−3", "−2", "−1", "0", "+1", "+2", "+3"]
    after = around[around["position"] == "+1"].set_index("what")["share"]
    assert (after[paths.ORDER], after[paths.NOTHING]) == (0.5, 0.5)
    flows = paths.flows(walked)
    assert flows.groupby("position")["n"].sum().to_dict() == {"−1": 40, "0": 40, "+1": 20}  # who did nothing stops
    assert flows[(flows["from_what"] == "contact_chat") & (flows["to_what"] == paths.ORDER)]["n"].tolist() == [10]


def company(seed: int, more: float) -> pd.DataFrame:
    """Customers who begin by chatbot, chat or phone; from the chatbot some go on to the phone."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(600):
        first = rng.choice(["chatbot", "chat", "phone"])
        rows.append((number, "2025-03-01", f"contact_{first}"))
        if rng.random() < 0.1 + more * (first == "chatbot"):
            rows.append((number, "2025-03-05", "contact_phone"))
    return events(*rows)


def test_the_switch_from_chatbot_to_phone_is_told():
    table = paths.switches(company(1, more=0.3), AS_OF)
    row = table[(table["first_channel"] == "chatbot") & (table["then_channel"] == "phone")].iloc[0]
    assert row["claim"]
    assert row["share"] == pytest.approx(0.4, abs=0.06)
    assert row["n"] + row["n_rest"] == table.loc[table["then_channel"] == "phone", "n"].sum()
    told = paths.findings(table)
    assert (told[0].values["first"], told[0].values["then"]) == ("chatbot", "phone")
    nothing = paths.findings(paths.switches(company(2, more=0.0), AS_OF))
    assert [finding.kind for finding in nothing] == ["nothing"]


def test_contacts_that_can_still_be_followed_by_another_are_not_counted():
    late = company(3, more=0.3).assign(at=pd.Timestamp("2025-12-25"))
    assert paths.switches(late, AS_OF).empty
    assert paths.paths(late, AS_OF).empty
    assert paths.around(paths.paths(late, AS_OF)).empty
    assert paths.flows(paths.paths(late, AS_OF)).empty


def test_without_contacts_the_page_asks_for_tickets():
    assert len(paths.limits(paths.timeline({}))) == 1
    assert paths.switches(paths.timeline({}), AS_OF).empty
    assert paths.paths(paths.timeline({}), AS_OF).empty
