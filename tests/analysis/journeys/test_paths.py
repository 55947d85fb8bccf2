"""Paths around a contact, by a few customers whose days are known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_profiles.analysis.journeys import funnels, paths
from customer_profiles.ingest.contract import empty_table
from customer_profiles.privacy.disclosure import Gate
from customer_profiles.results import Result

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


def follow(table: pd.DataFrame, steps: int = 6) -> pd.DataFrame:
    """What happened around the first contact that can be followed on both sides, as the notebook asks."""
    window, end = pd.Timedelta(days=paths.WINDOW_DAYS), pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    seen = table["at"].between(table["at"].min() + window, end - window)
    return paths.follow(table, table[table["contact"] & seen].drop_duplicates("customer_no"), steps)


def around(walked: pd.DataFrame) -> Result:
    return paths.around(pd.crosstab(walked["what"], walked["place"]))


def flows(walked: pd.DataFrame) -> Result:
    return paths.flows(walked.pivot(index="customer_no", columns="place", values="what"))


def switches(table: pd.DataFrame) -> Result:
    """The channel of the next contact, as the notebook asks."""
    window, end = pd.Timedelta(days=paths.WINDOW_DAYS), pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    asked = table[table["contact"]]
    following = asked.groupby("customer_no")[["at", "channel"]].shift(-1)
    soon = following["at"] - asked["at"] <= window
    first = asked.assign(then=following["channel"].where(soon)).drop_duplicates("customer_no")
    return paths.switches(first[first["at"] <= end - window])


def nothing_known() -> pd.DataFrame:
    tickets = empty_table("tickets").rename(columns={"opened_at": "at"})
    return paths.timeline(tickets, empty_table("interactions"), empty_table("transactions"))


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
    touches = funnels.sessions(touches.assign(customer_no=touches["customer_no"].astype("Int64"), anonymous_id=None))
    visits = funnels.visits(touches[touches["kind"] != "delivery"], lines)
    contacts = pd.concat([tickets.rename(columns={"opened_at": "at"}), paths.conversations(touches)])
    found = paths.timeline(contacts, visits, lines.drop_duplicates(["customer_no", "at"]))
    assert found["what"].tolist() == ["visit_web", "contact_chatbot", "contact_phone", paths.ORDER]
    assert found["contact"].tolist() == [False, True, True, False]
    assert nothing_known().empty
    assert paths.conversations(empty_table("interactions")).empty


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
    walked = follow(table, steps=4)
    assert walked["customer_no"].unique().tolist() == [1]
    assert walked["place"].tolist() == [-2, -1, 0, 1, 2]
    assert walked["what"].tolist() == [paths.NOTHING, "visit_web", "contact_chat", "contact_chat", "path_order"]


def test_the_matrix_adds_up_at_every_place():
    table = events(
        *((number, "2025-03-01", "contact_chat" if number % 2 else "contact_phone") for number in range(1, 41)),
        *((number, "2025-03-03", "path_order") for number in range(1, 21)),
        (99, "2025-01-01", "visit_web"),
    )
    walked = follow(table)
    matrix = around(walked).frame
    assert matrix.groupby("position")["n"].sum().unique().tolist() == [40]
    assert matrix["base"].unique().tolist() == [40]
    assert matrix["position"].unique().tolist() == ["−3", "−2", "−1", "0", "+1", "+2", "+3"]
    after = matrix[matrix["position"] == "+1"].set_index("what")["share"]
    assert (after[paths.ORDER], after[paths.NOTHING]) == (0.5, 0.5)
    moved = flows(walked).frame
    assert moved.groupby("position")["n"].sum().to_dict() == {"−1": 40, "0": 40, "+1": 20}  # who did nothing stops
    assert moved[(moved["from_what"] == "contact_chat") & (moved["to_what"] == paths.ORDER)]["n"].tolist() == [10]


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
    result = switches(company(1, more=0.3))
    table = result.frame
    row = table[(table["first_channel"] == "chatbot") & (table["then_channel"] == "phone")].iloc[0]
    assert row["claim"]
    assert row["share"] == pytest.approx(0.4, abs=0.06)
    assert row["n"] + row["n_rest"] == table.loc[table["then_channel"] == "phone", "n"].sum()
    told = result.claims(table)
    assert told[0].id == "contacts.chatbot.phone"
    assert (told[0].values["first"], told[0].values["then"]) == ("chatbot", "phone")
    result = switches(company(2, more=0.0))
    assert [finding.kind for finding in result.claims(result.frame)] == ["nothing"]


def test_contacts_that_can_still_be_followed_by_another_are_not_counted():
    late = company(3, more=0.3).assign(at=pd.Timestamp("2025-12-25"))
    assert switches(late).frame.empty
    assert follow(late).empty


def test_without_contacts_the_page_asks_for_tickets():
    events = nothing_known()
    assert len(paths.limits(events)) == 1
    assert paths.limits(company(1, 0)) == []
    walked = follow(events)
    for result in (around(walked), flows(walked), switches(events)):
        assert (len(result), result.family, result.needs) == (0, 0, "tickets")
        assert result.claims is None or result.claims(result.frame) == []


def test_what_few_customers_do_around_a_contact_is_hidden():
    table = events(
        *((number, "2025-03-01", "contact_chat" if number % 2 else "contact_phone") for number in range(1, 101)),
        *((number, "2025-03-03", "path_order") for number in range(1, 51)),
        *((number, "2025-03-03", "visit_web") for number in range(51, 55)),
        *((number, "2025-03-04", "contact_phone") for number in range(61, 64)),
        (999, "2025-01-01", "visit_web"),
    )
    matrix = Gate(10).guard(around(follow(table))).frame
    after = matrix[matrix["position"] == "+1"].set_index("what")["suppressed"]
    assert after["visit_web"]
    assert after.sum() >= 3  # the two small ones, and another that keeps them from being worked out
    moved = Gate(10).guard(flows(follow(table))).frame
    assert moved.loc[moved["to_what"] == "visit_web", "suppressed"].all()
    turned = Gate(10).guard(switches(table)).frame
    assert turned.loc[turned["then_channel"] == "phone", "suppressed"].all()
