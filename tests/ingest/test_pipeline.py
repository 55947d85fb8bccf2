"""From files to tables: who appears, who does not, and what a run of that date could have known."""

from __future__ import annotations

import pandas as pd
import pytest
from written_company import CUSTOMERS, KEY, ORDERS, source

from customer_profiles.errors import ConfigurationError, EnvironmentFailed, InputRejected
from customer_profiles.identity.pseudonyms import fingerprint, pseudonym
from customer_profiles.ingest import ledger, pipeline
from customer_profiles.ingest.contract import TABLES, empty_table, kept, personal

TICKETS = {
    "name": "tickets",
    "system": "service_desk",
    "path": "tickets.csv",
    "table": "tickets",
    "key": "email",
    "columns": {"email": "sender", "opened_at": "opened", "closed_at": "closed", "text": "text", "resolution": "how"},
}


def counts(collected, name):
    return collected.reconciliation.set_index("source").loc[name].drop(["table", "system"]).to_dict()


def test_customers_known_from_orders_only_have_a_row(company):
    company.write("crm.csv", "id,g\n1,male\n")
    company.write("orders.csv", "id,at,amount\n2,2025-01-01,5\n1,2025-01-01,5\n")
    company.collect(source(CUSTOMERS, {"gender": "g"}), ORDERS)
    customers = company.tables.read("customers")
    assert customers.customer_id.tolist() == [pseudonym(KEY, "customer", "1"), pseudonym(KEY, "customer", "2")]
    assert customers.customer_no.tolist() == [0, 1]
    assert customers.sources.tolist() == [2, 1]
    assert customers.gender.isna().tolist() == [False, True]
    assert company.tables.read("transactions").customer_no.tolist() == [1, 0]


@pytest.mark.parametrize("answer", ["no", "nein", "", "perhaps"])
def test_without_consent_nobody_appears_anywhere(company, answer):
    company.write("crm.csv", f"id,mail,ok,born\n1,a@x.de,yes,1980-01-01\n2,b@x.de,{answer},1980-01-01\n")
    company.write("shop.csv", "id,mail\nS2,B@x.de\nS3,c@x.de\n")
    company.write("orders.csv", "id,at,amount\nS2,2025-01-01,5\nS3,2025-01-01,5\n")
    company.write("tickets.csv", "sender,opened,closed,text,how\nb@x.de,2025-01-01,,t,\na@x.de,2025-01-01,,t,\n")
    crm = source(CUSTOMERS, {"email": "mail", "consent": "ok", "birth_date": "born"}, ids="crm")
    shop = source(CUSTOMERS, {"email": "mail"}, name="shop", path="shop.csv", ids="shop")
    collected = company.collect(crm, shop, source(ORDERS, ids="shop"), TICKETS)
    assert len(company.tables.read("customers")) == 2
    assert counts(collected, "crm")["excluded"] == counts(collected, "shop")["excluded"] == 1
    assert counts(collected, "orders")["excluded"] == counts(collected, "tickets")["excluded"] == 1
    gone = {pseudonym(KEY, "crm", "2"), pseudonym(KEY, "shop", "S2")}
    for name in company.tables.names():
        table = company.tables.read(name)
        for column in table.select_dtypes("str"):
            assert not gone & set(table[column]), f"{name}.{column}"


def test_consent_to_another_purpose_is_no_consent_to_this_one(company):
    lists = ["Newsletter; Auswertung", "newsletter", "AUSWERTUNG|Anruf", "Auswertung durch Dritte", "", "auswertung"]
    company.write("crm.csv", "id,ok\n" + "".join(f'{i},"{words}"\n' for i, words in enumerate(lists)))
    company.write("orders.csv", "id,at,amount\n" + "".join(f"{i},2025-01-01,5\n" for i in range(len(lists))))
    asked = source(CUSTOMERS, {"consent": {"column": "ok", "includes": "Auswertung"}})
    collected = company.collect(asked, ORDERS)
    agreed = {pseudonym(KEY, "customer", str(i)) for i in (0, 2, 5)}
    assert set(company.tables.read("identities")["pseudonym"]) == agreed
    assert counts(collected, "crm")["excluded"] == counts(collected, "orders")["excluded"] == 3


def test_an_unreadable_row_still_refuses(company):
    company.write("crm.csv", "id,ok,born\n1,yes,1980-01-01\n2,no,1980-02-31\n")
    company.write("orders.csv", "id,at,amount\n2,2025-01-01,5\n1,2025-01-01,5\n")
    collected = company.collect(source(CUSTOMERS, {"consent": "ok", "birth_date": "born"}), ORDERS)
    assert counts(collected, "crm") == {"read": 2, "used": 1, "set_aside": 1, "duplicate": 0, "excluded": 0}
    assert counts(collected, "orders")["excluded"] == 1
    assert company.tables.read("customers").customer_no.tolist() == [0]


def test_nothing_after_the_date_of_the_run_is_visible(company):
    company.write("crm.csv", "id,mail,since\n1,a@x.de,2025-01-01\n2,b@x.de,2026-01-01\n")
    company.write("orders.csv", "id,at,amount\n1,2025-12-31T23:59:59,5\n1,2026-01-01T00:00,7\n")
    company.write("tickets.csv", "sender,opened,closed,text,how\na@x.de,2025-12-30,2026-01-02,t,refund\n")
    crm = source(CUSTOMERS, {"email": "mail", "signup_date": "since"})
    collected = company.collect(crm, ORDERS, TICKETS)
    assert collected.exclusions.to_numpy().tolist() == [
        ["crm", "after the date of the run", 1],
        ["orders", "after the date of the run", 1],
    ]
    ticket = company.tables.read("tickets").iloc[0]
    assert pd.isna(ticket.closed_at)
    assert pd.isna(ticket.resolution)
    assert company.tables.read("transactions").amount.tolist() == [5]


def test_response_after_the_date_of_the_run_is_no_response_yet(company):
    company.write("crm.csv", "id\n1\n2\n3\n")
    company.write("c.csv", "id,at,name,when\n1,2025-12-01,x,2025-12-05\n2,2025-12-01,x,2026-01-05\n3,2025-12-01,x,\n")
    columns = {"customer_id": "id", "at": "at", "campaign": "name", "responded_at": "when"}
    mailing = {"name": "c", "system": "email", "path": "c.csv", "table": "campaigns", "columns": columns}
    company.collect(CUSTOMERS, mailing)
    assert company.tables.read("campaigns").responded.tolist() == [True, False, False]


def test_duplicates_across_files_are_dropped_unless_kept(company):
    company.write("crm.csv", "id\n1\n1\n2\n")
    company.write("o1.csv", "id,at,amount,line\n1,2025-01-01,5,a\n1,2025-01-01,5,b\n")
    company.write("o2.csv", "id,at,amount,line\n1,2025-01-01,5,a\n")
    collected = company.collect(CUSTOMERS, source(ORDERS, path="o*.csv"))
    assert counts(collected, "crm")["duplicate"] == 1
    assert counts(collected, "orders") == {"read": 3, "used": 2, "set_aside": 0, "duplicate": 1, "excluded": 0}
    assert counts(company.collect(CUSTOMERS, source(ORDERS, path="o*.csv", duplicates="keep")), "orders")["used"] == 3


def test_equal_anonymous_answers_are_not_duplicates(company):
    company.write("crm.csv", "id\n1\n")
    company.write("f.csv", "id,at,score\n,2025-01-01,9\n,2025-01-01,9\n1,2025-01-01,9\n1,2025-01-01,9\n")
    columns = {"customer_id": "id", "at": "at", "score": "score", "metric": {"value": "nps"}}
    survey = {"name": "f", "system": "survey", "path": "f.csv", "table": "feedback", "columns": columns}
    assert counts(company.collect(CUSTOMERS, survey), "f")["duplicate"] == 1


def test_tickets_by_address_find_their_customer(company):
    company.write("crm.csv", "id,mail,name\n1,Anna@X.de,Anna Alt\n2,family@x.de,Ben Alt\n3,family@x.de,Carla Alt\n")
    company.write(
        "tickets.csv",
        "sender,opened,closed,text,how\n anna@x.de,2025-01-01,,t,\nfamily@x.de,2025-01-01,,t,\n?,2025-01-01,,t,\n",
    )
    collected = company.collect(source(CUSTOMERS, {"email": "mail", "name": "name"}), TICKETS)
    assert company.tables.read("tickets").customer_no.tolist() == [0]
    assert counts(collected, "tickets")["excluded"] == 2  # shared by two persons, and nobody's


def test_anonymous_visits_are_kept_without_a_customer(company):
    company.write("crm.csv", "id\n1\n")
    company.write("web.csv", "id,cookie,at\n1,c1,2025-01-01\n,c2,2025-01-01\n")
    columns = {"customer_id": "id", "anonymous_id": "cookie", "at": "at"}
    company.collect(
        CUSTOMERS,
        {"name": "web", "system": "web_analytics", "path": "web.csv", "table": "interactions", "columns": columns},
    )
    visits = company.tables.read("interactions")
    assert visits.customer_no.tolist() == [0, pd.NA]
    assert visits.anonymous_id.tolist() == [pseudonym(KEY, "anonymous", "c1"), pseudonym(KEY, "anonymous", "c2")]


PRODUCTS = {"path": "p.csv", "on": {"pid": "code"}, "take": ["department"]}


class TestLookups:
    def orders(self, **lookup):
        columns = {"product_id": "pid", "category": "department"}
        return source(ORDERS, columns, lookups=[{**PRODUCTS, **lookup}])

    def test_join_keeps_every_row(self, company):
        company.write("orders.csv", "id,at,amount,pid\n1,2025-01-01,5,007\n1,2025-01-02,5,8\n1,2025-01-03,5,\n")
        company.write("p.csv", "code,department\n007,shoes\n")
        company.collect(self.orders())
        assert company.tables.read("transactions").category.fillna("-").tolist() == ["shoes", "-", "-"]

    def test_repeated_key(self, company):
        company.write("orders.csv", "id,at,amount,pid\n1,2025-01-01,5,7\n")
        company.write("p.csv", "code,department\n7,shoes\n7,boots\n")
        with pytest.raises(InputRejected, match=r"1 of 2 rows repeat an earlier key \(code\)"):
            company.collect(self.orders())
        company.collect(self.orders(first="true"))
        assert company.tables.read("transactions").category.tolist() == ["shoes"]

    def test_column_that_the_source_has_already(self, company):
        company.write("orders.csv", "id,at,amount,pid,department\n1,2025-01-01,5,7,x\n")
        company.write("p.csv", "code,department\n7,shoes\n")
        told = "adds 'department', which is there already; write 'prefix: p_' .* and 'p_department' where"
        with pytest.raises(ConfigurationError, match=told):
            company.collect(self.orders())
        bought = self.orders(prefix="p_")
        company.collect(bought | {"columns": bought["columns"] | {"category": "p_department"}})
        assert company.tables.read("transactions").category.tolist() == ["shoes"]


def test_population_counts_become_shares(company):
    company.write("crm.csv", "id\n1\n")
    company.write("pop.csv", "a,v,n\ngender,female,30\ngender,male,10\n")
    columns = {"attribute": "a", "value": "v", "count": "n", "base": {"value": "town"}}
    company.collect(
        CUSTOMERS,
        {"name": "p", "system": "external_database", "path": "pop.csv", "table": "population", "columns": columns},
    )
    assert company.tables.read("population").share.tolist() == [0.75, 0.25]


def test_tables_hold_no_address_and_messages_no_value(company):
    company.write("crm.csv", "id,name,mail,tel,street,n\n1,Zoe Quandt,zoe@quandt.de,0170 1234567,Weg 1,x9x\n2,,,,,5\n")
    columns = {"name": "name", "email": "mail", "phone": "tel", "street": "street", "employees": "n"}
    company.collect(source(CUSTOMERS, columns))
    everything = b"".join(path.read_bytes() for path in (company.folder / "tables").iterdir())
    for value in (b"Quandt", b"quandt", b"1234567", b"Weg 1", b"x9x"):
        assert value not in everything
    assert not set(personal()) & set(company.tables.read("customers"))


def test_identifiers_recognise_who_must_not_be_named(company):
    company.write("crm.csv", "id,name,mail,tel\n1234567,Zoe Quandt,zoe@quandt.de,0170 1234567\n12,Null,,\n")
    company.collect(source(CUSTOMERS, {"name": "name", "email": "mail", "phone": "tel"}))
    known = set(company.tables.read("identifiers").itertuples(index=False, name=None))
    said = [("name", "ZOE QUANDT"), ("email", "Zoe@Quandt.de"), ("phone", "0170-1234567"), ("id", "1234567")]
    assert known == {(kind, fingerprint(KEY, text)) for kind, text in said}  # neither "12" nor "Null" tells anything


def test_same_input_same_bytes(company):
    company.write("crm.csv", "id,mail\n1,a@x.de\n2,b@x.de\n")
    company.write("orders.csv", "id,at,amount\n3,2025-01-01,5\n1,2025-01-01,5\n")
    hashes = []
    for _ in range(2):
        company.collect(source(CUSTOMERS, {"email": "mail"}), ORDERS)
        hashes.append({path.name: path.read_text() for path in (company.folder / "tables").glob("*.sha256")})
    assert hashes[0] == hashes[1]


def test_counts_that_do_not_add_up_stop_the_run(company, monkeypatch):
    company.write("orders.csv", "id,at,amount\n1,2025-01-01,5\n")
    monkeypatch.setattr(ledger.Account, "add_used", lambda *_: None)
    with pytest.raises(InputRejected, match="1 rows were read but 0 are accounted for"):
        company.collect(ORDERS)


def test_nobody_left(company):
    company.write("crm.csv", "id,ok\n1,no\n")
    with pytest.raises(InputRejected, match="no source has a customer who may appear"):
        company.collect(source(CUSTOMERS, {"consent": "ok"}))


def test_full_disk_leaves_no_half_table(company, monkeypatch):
    company.write("orders.csv", "id,at,amount\n1,2025-01-01,5\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline.TableWriter, "__module__", "x")
    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
    with pytest.raises(EnvironmentFailed, match="No space left"):
        company.collect(ORDERS)
    assert not list((company.folder / "tables").glob("*transactions*"))


def test_long_lists_of_faults_are_summed_up(company, monkeypatch):
    monkeypatch.setattr(ledger, "MOST_LISTED", 2)
    company.write("orders.csv", "id,at,amount\n1,2025-01-01,5\n" + "1,x,5\n" * 5)
    set_aside = company.collect(ORDERS).set_aside
    assert set_aside["n"].tolist() == [1, 1, 3]
    assert set_aside.row.tolist() == [3, 4, pd.NA]


@pytest.mark.parametrize("table", TABLES)
def test_empty_tables_have_the_columns_of_the_contract(table):
    empty = empty_table(table)
    assert len(empty) == 0
    assert list(empty) == list(kept(table))
