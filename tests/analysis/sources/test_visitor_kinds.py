"""Visitors by what tells whose they are, and contacts by what tells their company."""

from __future__ import annotations

import pandas as pd
import pytest
from told import seen, told

from customer_profiles.analysis.sources import contacts, visitors
from customer_profiles.codes import ANONYMOUS, BY_DOMAIN, BY_ID, KNOWN, LINKED, SHARED

KINDS = pd.DataFrame(
    {"sessions": [50, 30, 40], "touchpoints": [90, 80, 70], "linked_touchpoints": [0, 25, 0], "n": [20, 15, 25]},
    index=[KNOWN, LINKED, ANONYMOUS],
)
WAYS = pd.DataFrame({"n": [30, 20], "customers": [20, 15]}, index=[BY_DOMAIN, BY_ID])


def test_visitors_by_kind_add_up():
    result = visitors.by_kind(KINDS)
    table = result.frame.set_index("kind")
    assert table["n"].to_dict() == {KNOWN: 20, LINKED: 15, SHARED: 0, ANONYMOUS: 25}
    assert table["share"].sum() == pytest.approx(1)
    (finding,) = told(result)
    assert finding.id == "visitors"
    assert finding.values == {"n": 60, "anonymous": 25 / 60, "linked": 15, "touchpoints": 25}


def test_a_few_visitors_are_hidden_with_a_second_kind_and_not_told():
    result = visitors.by_kind(KINDS.assign(n=[20, 3, 25]))
    table = seen(result)
    assert table["n"].isna().tolist() == [True, True, False, False]
    assert table["linked_touchpoints"].isna().tolist() == [True, True, False, False]
    assert told(result, least=10) == []


def test_contacts_by_the_way_their_company_was_found():
    result = contacts.placement(WAYS, known=25, customers=40)
    assert result.frame.iloc[0].tolist() == [BY_ID, 20, 50, 0.4, 15]
    (finding,) = told(result)
    assert (finding.id, finding.n, finding.reach) == ("contacts", 50, 25)
    assert finding.values == {"n": 50, "known": 25, "base": 40, "share": 0.6}


@pytest.mark.parametrize("few", [{"n": [30, 4]}, {"customers": [20, 4]}])
def test_a_few_contacts_or_companies_are_hidden(few):
    result = contacts.placement(WAYS.assign(**few), known=25, customers=40)
    assert seen(result)["n"].isna().tolist() == [True, True, False, False]
    assert told(result, least=10) == []


def test_nothing_gives_nothing():
    nobody = visitors.by_kind(KINDS.head(0))
    assert (len(nobody), nobody.needs) == (0, "interactions")
    assert not len(contacts.placement(WAYS.head(0), 0, 5))
