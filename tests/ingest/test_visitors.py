"""Visits before a login become the customer's, where nobody else logged in and it is not too long ago."""

from __future__ import annotations

import pandas as pd
import pytest
from written_company import CUSTOMERS

from customer_profiles.codes import ANONYMOUS, KNOWN, LINKED, SHARED
from customer_profiles.demo import make_company
from customer_profiles.errors import ConfigurationError
from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

VISITS = {
    "name": "web",
    "system": "web_analytics",
    "path": "web.csv",
    "table": "interactions",
    "columns": {"customer_id": "user", "anonymous_id": "device", "at": "at", "kind": "what"},
}
KEY = b"a key for tests, 32 bytes long.."


def touches(company, *rows: str, **keys) -> pd.DataFrame:
    """Collect visits, each ``user,device,at,what``; returns the interactions of the run by what happened."""
    company.write("crm.csv", "id\nc1\nc2\n")
    company.write("web.csv", "user,device,at,what\n" + "\n".join(rows) + "\n")
    company.collect(CUSTOMERS, VISITS, **keys)
    return company.tables.read("interactions").set_index("kind").sort_index()


def test_visits_before_and_after_a_login_are_the_customers(company):
    found = touches(
        company,
        ",d1,2025-06-01T10:00:00,a_before",
        "c1,d1,2025-06-02T10:00:00,b_login",
        ",d1,2025-09-02T10:00:00,c_after",
        ",d2,2025-06-01T10:00:00,d_stranger",
        "c2,,2025-06-01T10:00:00,e_no_device",
    )
    assert found["customer_no"].isna().tolist() == [False, False, False, True, False]
    assert found["linked"].tolist() == [True, False, True, False, False]
    assert found["customer_id"].iloc[:3].nunique() == 1
    assert found["customer_id"].iloc[4] not in set(found["customer_id"].iloc[:3])
    assert str(found["customer_no"].dtype) == "Int64"


def test_the_window_counts_from_the_first_login_and_both_its_ends_belong_to_it(company):
    rows = (
        ",d1,2025-05-03T09:59:59,a_too_early",
        ",d1,2025-05-03T10:00:00,b_just_in_time",
        "c1,d1,2025-06-02T10:00:00,c_login",
    )
    assert touches(company, *rows)["linked"].tolist() == [False, True, False]
    assert touches(company, *rows, visitors={"link_days": 0})["linked"].tolist() == [False, False, False]
    assert touches(company, *rows, visitors={"link_days": 60})["linked"].tolist() == [True, True, False]


def test_a_device_of_two_customers_links_nothing(company):
    found = touches(
        company,
        ",d1,2025-06-01T10:00:00,a_before",
        "c1,d1,2025-06-02T10:00:00,b_login",
        "c2,d1,2025-07-02T10:00:00,c_other_login",
        ",d1,2025-07-03T10:00:00,d_after",
    )
    assert found["customer_no"].isna().tolist() == [True, False, False, True]
    assert not found["linked"].any()


def test_what_the_run_cannot_see_yet_links_nothing(company):
    rows = (",d1,2025-06-01T10:00:00,a_before", "c1,d1,2025-06-02T10:00:00,b_login")
    assert touches(company, *rows)["linked"].sum() == 1
    assert touches(company, *rows, as_of="2025-06-01")["linked"].sum() == 0


def test_a_customer_without_consent_leaves_no_visit_on_the_device_either(company):
    company.write("crm.csv", "id,ok\nc1,no\nc2,yes\n")
    company.write("web.csv", "user,device,at,what\n,d1,2025-06-01T10:00:00,a\nc1,d1,2025-06-02T10:00:00,b\n")
    asked = {**CUSTOMERS, "columns": {"customer_id": "id", "consent": {"column": "ok", "values": {"yes": "true"}}}}
    company.collect(asked, VISITS)
    assert company.tables.read("interactions").empty
    assert company.tables.read("reconciliation").set_index("source").excluded[VISITS["name"]] == 2


def test_visitors_are_counted_by_kind_and_add_up(company):
    touches(
        company,
        ",d1,2025-06-01T10:00:00,a",
        "c1,d1,2025-06-02T10:00:00,b",
        "c2,d2,2025-06-02T10:00:00,c",
        "c1,d3,2025-06-02T10:00:00,d",
        "c2,d3,2025-06-02T10:00:00,e",
        ",d4,2025-06-02T10:00:00,f",
        ",d5,2025-06-02T10:00:00,g",
    )
    table = company.tables.read("visitors")
    assert table["kind"].value_counts().to_dict() == {KNOWN: 1, LINKED: 1, SHARED: 1, ANONYMOUS: 2}
    assert table["touchpoints"].sum() == 7
    assert table["linked"].sum() == 1
    assert not {"d1", "d2", "d3", "d4", "d5"} & set(table["anonymous_id"])


def test_the_profile_carries_linked_visits_and_who_is_new(company):
    company.write("crm.csv", "id,since\nc1,2020-01-01\nc2,2025-11-01\nc3,\n")
    company.write("web.csv", "user,device,at,what\n,d1,2025-06-01T10:00:00,a\nc1,d1,2025-06-02T10:00:00,b\n")
    since = {**CUSTOMERS, "columns": {"customer_id": "id", "signup_date": "since"}}
    profile = company.profile(since, VISITS)
    assert profile["linked_touchpoints"].tolist() == [1, 0, 0]
    assert profile["touchpoints"].tolist() == [2, 0, 0]
    assert profile["sessions"].tolist() == [2, 0, 0]
    assert profile["is_new"].tolist()[:2] == [False, True]
    assert pd.isna(profile["is_new"].iloc[2])


def test_new_begins_on_the_last_day_of_the_window(company):
    company.write("crm.csv", "id,since\nc1,2025-10-03\nc2,2025-10-02\n")
    since = {**CUSTOMERS, "columns": {"customer_id": "id", "signup_date": "since"}}
    assert company.profile(since)["is_new"].tolist() == [True, False]  # 90 days up to and with 31 December
    dataset = load_dataset(company.folder / "dataset.yaml")
    again = build_profile(company.tables, dataset.as_of, dataset.attributes(), new_days=91)
    assert again["is_new"].tolist() == [True, True]


def test_without_visits_there_is_no_visitor(company):
    company.write("crm.csv", "id\nc1\n")
    profile = company.profile(CUSTOMERS)
    nobody = company.tables.read("visitors")
    assert nobody.empty
    assert "linked_touchpoints" not in profile
    touches(company, ",d1,2025-06-01T10:00:00,a")
    assert nobody.dtypes.to_dict() == company.tables.read("visitors").dtypes.to_dict()


def test_the_rules_of_linking_are_checked(company):
    with pytest.raises(ConfigurationError, match="link_days"):
        company.dataset(CUSTOMERS, visitors={"link_days": -1})
    with pytest.raises(ConfigurationError, match="did you mean 'link_days'"):
        company.dataset(CUSTOMERS, visitors={"linkdays": 3})


def test_visits_of_the_demo_company_go_to_whose_they_are(tmp_path):
    dataset = load_dataset(make_company(tmp_path / "company", seed=21, kind="b2b"))
    tables = Tables(tmp_path / "tables")
    collect(dataset, tables, dataset.as_of, KEY)
    found = tables.read("interactions")
    truth = pd.read_parquet(tmp_path / "company" / "truth" / "visits.parquet")
    linked = found[found["linked"]]
    assert len(linked) > 0.03 * len(found)
    contacts = pd.read_parquet(tmp_path / "company" / "truth" / "contacts.parquet")
    known = tables.read("identities").query("ids == 'contact'").set_index("pseudonym")["customer_no"]
    numbers = contacts.assign(customer_no=contacts["id"].map(lambda raw: known.get(pseudonym(KEY, "contact", raw))))
    number = numbers.dropna().groupby("account")["customer_no"].first()
    owners = truth[truth["account"] >= 0].groupby("visitor")["account"].agg(["first", "nunique"])
    names = {pseudonym(KEY, "anonymous", visitor): visitor for visitor in owners.index}
    owner = owners.loc[linked["anonymous_id"].map(names)]
    right = number.reindex(owner["first"]).to_numpy() == linked["customer_no"].to_numpy(dtype=float)
    assert right[(owner["nunique"] == 1).to_numpy()].mean() > 0.999
    assert right.mean() > 0.95  # of a device that two accounts use, only one may have logged in
    several = int((owners["nunique"] > 1).sum())
    assert several >= 5
    # Sessions that were derived come as often as the true ones, up to visits that run into each other.
    true_sessions = truth["session"].nunique()
    assert abs(found["session_id"].nunique() / true_sessions - 1) < 0.02
    kinds = tables.read("visitors")["kind"].value_counts()
    never = truth.groupby("visitor")["logged_in"].any()
    assert kinds[ANONYMOUS] == pytest.approx((~never).sum(), rel=0.05)  # who did not consent is anonymous
    assert kinds[SHARED] <= several
