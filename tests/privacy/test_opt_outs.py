"""Erased people stay away, whatever export names them, and leave every kept run down to the last file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from written_company import CUSTOMERS, KEY, ORDERS, source

from customer_profiles.errors import ConfigurationError, EnvironmentFailed, InputRejected
from customer_profiles.identity.pseudonyms import fingerprint, pseudonym
from customer_profiles.ingest.pipeline import collect
from customer_profiles.privacy import erasure, purge, raw_ids
from customer_profiles.privacy.opt_outs import Suppressed, list_file
from customer_profiles.reporting import stored
from customer_profiles.tables import Tables

AS_OF = date(2025, 12, 31)
PERSON = {"name": "name", "email": "mail", "phone": "tel", "birth_date": "born"}
CRM = source(CUSTOMERS, PERSON | {"consent": "ok"}, ids="crm")
SHOP = source(CUSTOMERS, PERSON, name="shop", path="shop.csv", ids="shop")
SHOP_ORDERS = source(ORDERS, ids="shop")
TICKETS = {
    "name": "tickets",
    "system": "service_desk",
    "path": "tickets.csv",
    "table": "tickets",
    "key": "email",
    "columns": {"email": "sender", "opened_at": "opened", "text": "text"},
}
SURVEY = {
    "name": "survey",
    "system": "survey",
    "path": "survey.csv",
    "table": "feedback",
    "key": "email",
    "columns": {"email": "mail", "at": "at", "score": "score", "text": "text", "metric": {"value": "nps"}},
}
SOURCES = (CRM, SHOP, SHOP_ORDERS, TICKETS, SURVEY)
ZOE = ("Zoe Quandt", "zoe@quandt.example", "01701234567", "1980-05-06")
# Everything that could give Zoe away, pseudonyms included.
TRACES = {"7654321", "S-900001", *ZOE, "quandt", "Zoes Zelt leckt", "Zoe schrieb das"} | {
    *(pseudonym(KEY, space, raw) for space, raw in (("crm", "7654321"), ("shop", "S-900001"))),
    *(fingerprint(KEY, text) for text in (*ZOE[:3], "7654321", "S-900001")),
}


@pytest.fixture
def shop(company):
    """A company whose customer Zoe is known to two systems, by orders, a ticket and an answer."""
    company.write(
        "crm.csv", f"id,name,mail,tel,born,ok\n7654321,{','.join(ZOE)},yes\n2,Ben Alt,ben@alt.example,,,yes\n"
    )
    shop = f"id,name,mail,tel,born\nS-900001,{ZOE[0]},ZOE@quandt.example,,\nS2,Cem Ay,cem@ay.example,,\n"
    company.write("shop.csv", shop)
    company.write("orders.csv", "id,at,amount\nS-900001,2025-01-01,5\nS2,2025-01-02,7\n")
    company.write("tickets.csv", "sender,opened,text\nzoe@quandt.example,2025-02-01,Zoes Zelt leckt\n")
    said = "zoe@quandt.example,2025-03-01,2,Zoe schrieb das\ncem@ay.example,2025-03-01,9,Gut\n"
    company.write("survey.csv", f"mail,at,score,text\n{said}")
    company.dataset(*SOURCES)
    return company


def run(company, name, *sources):
    """A run as the report makes it, with an executed notebook and a result."""
    dataset = company.dataset(*(sources or SOURCES))
    tables = Tables(company.folder / "runs" / name)
    collect(dataset, tables, AS_OF, KEY)
    for folder, content in (("notebooks", "Zoe Quandt"), ("chapters/01", "{}")):
        file = tables.folder / folder / "file.json"
        file.parent.mkdir(parents=True)
        file.write_text(content)
    return tables


def erase(company, ids=(), emails=(), phones=()):
    dataset = company.dataset(*SOURCES)
    return erasure.erase(dataset, erasure.entries(dataset, ids, emails, phones), KEY, AS_OF)


def everything(folder: Path) -> str:
    """All bytes below a folder as text, Parquet decoded."""
    texts = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            texts.append(pd.read_parquet(path).to_csv())
        texts.append(path.read_bytes().decode("latin-1"))
    return "\n".join(texts)


def traces(folder: Path) -> set[str]:
    content = everything(folder)
    return {trace for trace in TRACES if trace in content}


@pytest.mark.parametrize(
    "given",
    [
        {"ids": ["crm:7654321"]},
        {"ids": ["shop:S-900001"]},
        {"emails": [" Zoe@Quandt.example"]},
        {"phones": ["+49 170 1234567"]},
    ],
)
def test_an_erased_person_leaves_all_runs_and_stays_away(shop, given):
    first = run(shop, "1")
    stored.write_models(first.folder, {"churn": {"constant": 0.1}})
    assert len(traces(shop.folder / "runs")) >= 5  # else this test could not fail
    done = erase(shop, **given)
    assert (done.given, done.known, done.purged.runs) == (1, 1, 1)
    assert not done.unread
    assert traces(shop.folder / "runs") == set()
    assert (first.folder / "chapters" / "01" / "file.json").exists()
    assert not (first.folder / "notebooks").exists()
    assert stored.read_models(first.folder) == {}
    second = run(shop, "2")
    assert traces(second.folder) - {"Zoe Quandt"} == set()  # that is the fixture's notebook
    assert len(second.read("customers")) == 2
    assert second.read("feedback").text.tolist() == ["Gut"]


@pytest.mark.parametrize("given", ["crm:7654321", "crm:OLD2", "crm:OLD1"])
def test_whoever_had_other_ids_is_gone_under_all_of_them(shop, given):
    """Also when the export that listed the former ids has forgotten them."""
    crm = source(CUSTOMERS, PERSON | {"consent": "ok"}, ids="crm", merged_ids="was")
    orders = source(ORDERS, ids="crm")
    header = "id,name,mail,tel,born,ok,was\n"
    others = "2,Ben Alt,ben@alt.example,,,yes,\n"
    listed = f"7654321,{','.join(ZOE)},yes,OLD2\nOLD2,,,,,yes,OLD1\n"
    shop.write("crm.csv", header + listed + others)
    shop.write("orders.csv", "id,at,amount\nOLD1,2025-01-01,5\n2,2025-01-02,7\n")
    assert run(shop, "1", crm, orders).read("transactions").groupby("customer_no").amount.sum().tolist() == [5, 7]
    dataset = shop.dataset(crm, orders)
    done = erasure.erase(dataset, erasure.entries(dataset, [given], [], []), KEY, AS_OF)
    assert (done.given, done.known, done.purged.runs) == (1, 1, 1)
    assert run(shop, "2", crm, orders).read("transactions").amount.tolist() == [7]
    shop.write("crm.csv", header + others)
    assert run(shop, "3", crm, orders).read("transactions").amount.tolist() == [7]
    kept = everything(shop.folder / "runs")
    assert "OLD1" not in kept
    assert "OLD2" not in kept


def test_ids_that_became_each_other_are_refused(shop):
    crm = source(CUSTOMERS, PERSON | {"consent": "ok"}, ids="crm", merged_ids="was")
    shop.write("crm.csv", "id,name,mail,tel,born,ok,was\nA,,,,,yes,B\nB,,,,,yes,A\n")
    with pytest.raises(InputRejected, match="became each other"):
        run(shop, "1", crm)


def test_rows_of_others_stay_and_tables_can_still_be_read(shop):
    tables = run(shop, "1")
    before = {name: len(tables.read(name)) for name in tables.names()}
    erase(shop, ["crm:7654321"])
    assert tables.read("transactions").amount.tolist() == [7]  # read() checks the hash
    assert len(tables.read("customers")) == before["customers"] - 1
    assert len(tables.read("reconciliation")) == before["reconciliation"]
    assert not tables.has("identifiers")
    note = json.loads((tables.folder / purge.NOTE).read_text())
    assert note["rows"]["transactions"] == note["rows"]["tickets"] == note["rows"]["feedback"] == 1
    assert note["deleted"] == ["ages", "identifiers"], "a new table without customers? name it in purge.ABOUT_NOBODY"
    assert tables.read("visitors").empty  # nobody is in it, so it stays


def test_each_id_and_address_alone_keeps_an_erased_person_out(shop):
    run(shop, "1")
    erase(shop, ["crm:7654321"])
    shop.write("crm.csv", "id,name,mail,tel,born,ok\n2,Ben Alt,ben@alt.example,,,yes\n")  # deleted in the CRM …
    assert len(run(shop, "2").read("transactions")) == 1
    shop.write("shop.csv", "id,name,mail,tel,born\nS2,Cem Ay,cem@ay.example,,\n")  # … and in the shop's accounts
    third = run(shop, "3")
    assert third.read("transactions").amount.tolist() == [7]
    assert third.read("feedback").text.tolist() == ["Gut"]
    assert third.read("exclusions").query("source == 'orders'")["reason"].tolist() == ["no consent, or erased"]
    shop.write("shop.csv", "id,name,mail,tel,born\nS7,Z. Q.,,0170/1234567,\nS2,Cem Ay,cem@ay.example,,\n")
    assert len(run(shop, "4").read("customers")) == 2  # back under a new account with the old number


def test_ids_that_only_a_kept_run_connects(shop):
    run(shop, "1")
    shop.write("crm.csv", "id,name,mail,tel,born,ok\n2,Ben Alt,ben@alt.example,,,yes\n")
    shop.write("shop.csv", "id,name,mail,tel,born\nS2,Cem Ay,cem@ay.example,,\n")
    done = erase(shop, ["crm:7654321"])
    assert (done.known, done.purged.runs) == (0, 1)
    assert traces(shop.folder / "runs") == set()
    assert run(shop, "2").read("transactions").amount.tolist() == [7]  # S-900001 was hers


def test_an_id_linked_later_is_learned(shop):
    erase(shop, emails=[ZOE[1]])
    shop.write("crm.csv", f"id,name,mail,tel,born,ok\n900,{','.join(ZOE)},yes\n2,Ben Alt,ben@alt.example,,,yes\n")
    run(shop, "1")
    shop.write("crm.csv", "id,name,mail,tel,born,ok\n900,Z. Q.,,,,yes\n2,Ben Alt,ben@alt.example,,,yes\n")
    assert len(run(shop, "2").read("customers")) == 2


def test_the_list_holds_nothing_that_can_be_read_or_compared(shop):
    run(shop, "1")
    erase(shop, emails=[ZOE[1]])
    file = shop.folder / "suppressed.txt"
    content = file.read_text()
    assert not any(trace in content for trace in TRACES)
    assert file.stat().st_mode & 0o077 == 0
    again = erase(shop, emails=[ZOE[1]])
    assert again.entries == 0
    assert file.read_text() == content


def test_a_family_mailbox_is_asked_about_and_the_family_stays(company):
    company.write("crm.csv", "id,name,mail,tel,born\n1,Anna Alt,alt@x.example,,1980-01-02\n2,Ben Alt,alt@x.example,,\n")
    crm = source(CUSTOMERS, PERSON)
    dataset = company.dataset(crm)
    wanted = erasure.entries(dataset, [], ["alt@x.example"], [])
    with pytest.raises(ConfigurationError, match="email number 1 is used by 2 people") as error:
        erasure.erase(dataset, wanted, KEY, AS_OF)
    assert "alt@x" not in str(error.value)
    assert not list_file(dataset).exists()
    erasure.erase(dataset, erasure.entries(dataset, ["customer:1"], [], []), KEY, AS_OF)
    company.collect(crm)
    assert company.tables.read("identities").pseudonym.tolist() == [pseudonym(KEY, "customer", "2")]


@pytest.mark.parametrize(("given", "left"), [({"emails": [ZOE[1]]}, 0), ({"phones": [ZOE[2]]}, 0)])
def test_an_address_no_export_knows_any_more(shop, given, left):
    """Which customer it was cannot be told: a run that had it loses all tables about customers."""
    first, second = run(shop, "1"), Tables(shop.folder / "runs" / "2")
    shop.write("crm.csv", "id,name,mail,tel,born,ok\n2,Ben Alt,ben@alt.example,,,yes\n")
    shop.write("shop.csv", "id,name,mail,tel,born\nS2,Cem Ay,cem@ay.example,,\n")
    second.write("identifiers", pd.DataFrame({"kind": ["email"], "hash": [fingerprint(KEY, "ben@alt.example")]}))
    second.write("customers", pd.DataFrame({"customer_no": [0], "customer_id": ["f" * 16]}))
    done = erase(shop, **given)
    assert done.known == 0
    assert not (set(first.names()) - purge.ABOUT_NOBODY)
    assert second.has("customers") == ("emails" in given)  # a phone number has too many spellings to look for
    assert traces(shop.folder / "runs") == set()


def test_exports_that_cannot_be_read_do_not_stop_an_erasure(shop):
    run(shop, "1")
    (shop.folder / "crm.csv").unlink()
    done = erase(shop, ["shop:S-900001"])
    assert "crm.csv does not exist" in done.unread
    assert traces(shop.folder / "runs") == set()


def test_who_objects_in_a_later_export_leaves_the_runs_before(shop):
    first = run(shop, "1")
    crm = (shop.folder / "crm.csv").read_text()
    shop.write("crm.csv", crm.replace(f"{ZOE[3]},yes", f"{ZOE[3]},no"))
    second = run(shop, "2")
    (second.folder / "notebooks" / "file.json").unlink()
    assert traces(shop.folder / "runs") == set()
    assert first.read("transactions").amount.tolist() == [7]
    assert not list_file(shop.dataset(*SOURCES)).exists()  # an objection can be taken back, see below
    shop.write("crm.csv", crm)
    assert len(run(shop, "3").read("customers")) == 3


def lost(text: str, row: str) -> str:
    """An export without a row."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(row))


def test_an_objection_outlives_the_row_in_which_it_stood(shop):
    """Until the person agrees; who only orders, writes or answers stays away as well."""
    crm, others = ((shop.folder / name).read_text() for name in ("crm.csv", "shop.csv"))
    no = crm.replace(f"{ZOE[3]},yes", f"{ZOE[3]},no")
    exports = [(no, others), (lost(no, "7"), others), (lost(no, "7"), lost(others, "S-9"))]
    for turn, (mine, theirs) in enumerate(exports):
        shop.write("crm.csv", mine)
        shop.write("shop.csv", theirs)
        for name in (f"{turn}", f"{turn} again"):
            made = run(shop, name)
            (made.folder / "notebooks" / "file.json").unlink()
            assert len(made.read("customers")) == 2
            assert made.read("transactions").amount.tolist() == [7]
            assert not made.read("tickets").text.str.contains("Zelt").any()
            assert made.read("feedback").text.tolist() == ["Gut"]
            assert traces(shop.folder / "runs") == set()
    shop.write("crm.csv", crm)
    shop.write("shop.csv", others)
    assert sorted(run(shop, "agrees").read("transactions").amount) == [5, 7]
    shop.write("crm.csv", lost(crm, "7"))
    assert len(run(shop, "gone").read("customers")) == 3


def test_an_objection_of_a_record_that_says_nothing_now_holds(shop):
    """No answer takes back no objection, and does not say who else is one of the family."""
    crm = (shop.folder / "crm.csv").read_text()
    family = "3,Ida Quandt,zoe@quandt.example,,,yes\n"
    shop.write("crm.csv", crm.replace(f"{ZOE[3]},yes", f"{ZOE[3]},no") + family)
    before = run(shop, "1").read("customers")
    shop.write("crm.csv", crm.replace(f"{ZOE[3]},yes", f"{ZOE[3]},") + family)
    assert len(run(shop, "2").read("customers")) == len(before)
    shop.write("crm.csv", lost(crm, "7") + family)
    assert len(run(shop, "3").read("customers")) == len(before)


def test_an_objection_of_a_contact_outlives_its_row_and_leaves_the_company(company):
    firms = source(CUSTOMERS, {"company": "firm"}, path="firms.csv", ids="firm")
    people = {
        "name": "people",
        "system": "crm",
        "path": "people.csv",
        "table": "contacts",
        "ids": "person",
        "account_ids": "firm",
        "columns": {"contact_id": "no", "account_id": "firm", "name": "name", "email": "mail", "consent": "ok"},
    }
    company.write("firms.csv", "id,firm\nF1,Werk GmbH\nF2,Bau AG\n")
    company.write(
        "tickets.csv", "sender,opened,text\nzoe@werk.example,2025-02-01,Zelt\nben@werk.example,2025-02-02,Ei\n"
    )
    both = "no,firm,name,mail,ok\nP1,F1,Zoe Quandt,zoe@werk.example,{}\nP2,F1,Ben Alt,ben@werk.example,yes\n"
    dataset = company.dataset(firms, people, TICKETS, kind="b2b")
    for turn, (export, texts) in enumerate(
        [
            (both.format("no"), ["Ei"]),
            (lost(both, "P1"), ["Ei"]),
            (both.format(""), ["Ei"]),
            (both.format("yes"), ["Zelt", "Ei"]),
        ]
    ):
        company.write("people.csv", export)
        tables = Tables(company.folder / "runs" / str(turn))
        collect(dataset, tables, AS_OF, KEY)
        assert len(tables.read("customers")) == 2
        assert tables.read("tickets").text.tolist() == texts


def test_a_run_without_anybody_to_take_out_is_left_alone(shop):
    first = run(shop, "1")
    times = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    run(shop, "2")
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == times


def test_a_run_without_a_register_is_searched(shop):
    first = run(shop, "1")
    register = first.folder / "identities.parquet"
    interactive = Tables(shop.folder / "runs" / "interactive")
    interactive.write("profile", first.read("profile") if first.has("profile") else first.read("customers"))
    register.unlink()
    erase(shop, ["crm:7654321"])
    assert traces(shop.folder / "runs") == set()
    assert len(interactive.read("profile")) == 2


def test_checking_a_data_set_somewhere_else_touches_no_run(shop, tmp_path):
    first = run(shop, "1")
    crm = (shop.folder / "crm.csv").read_text()
    shop.write("crm.csv", crm.replace(f"{ZOE[3]},yes", f"{ZOE[3]},no"))
    collect(shop.dataset(*SOURCES), Tables(tmp_path / "elsewhere"), AS_OF, KEY)
    assert len(first.read("customers")) == 3


def test_another_key_or_a_damaged_list_stops_the_run(shop):
    erase(shop, ["crm:7654321"])
    with pytest.raises(ConfigurationError, match="made with another key"):
        collect(shop.dataset(*SOURCES), shop.tables, AS_OF, b"x" * 32)
    file = shop.folder / "suppressed.txt"
    whole = file.read_text()
    for damaged in ("", whole[:-20], whole.replace("key ", "kez "), f"{whole}anna@x.example\n"):
        file.write_text(damaged)
        with pytest.raises(ConfigurationError, match="is damaged"):
            run(shop, "1")


def test_a_list_that_cannot_be_written(tmp_path):
    with pytest.raises(EnvironmentFailed, match="cannot be written"):
        Suppressed(KEY).save(tmp_path / "absent" / "suppressed.txt")


@pytest.mark.parametrize(
    ("ids", "emails", "phones", "says"),
    [
        (["7654321"], [], [], r"id number 1 does not say whose id it is: write it as crm:"),
        (["crm:2", "crn:7654321"], [], [], r"id number 2 .* write it as crm:… \(the data set has crm, shop"),
        ([], ["zoe"], [], "email number 1 is not one"),
        ([], [], ["0000"], "phone number 1 is not one"),
    ],
)
def test_what_cannot_be_told_is_refused_without_repeating_it(shop, ids, emails, phones, says):
    with pytest.raises(ConfigurationError, match=says) as error:
        erase(shop, ids, emails, phones)
    assert not any(text in str(error.value) for text in (*ids, *emails, *phones))
    assert not (shop.folder / "suppressed.txt").exists()


def test_prospects_and_visitors(company):
    company.write("crm.csv", "id\n1\n")
    company.write("leads.csv", "id,at\nL-1,2025-01-01\nL-2,2025-01-01\n")
    company.write("web.csv", "visitor,at\nv-1,2025-01-01\nv-2,2025-01-01\n")
    leads = {"name": "leads", "system": "crm", "path": "leads.csv", "table": "leads"}
    web = {"name": "web", "system": "web_analytics", "path": "web.csv", "table": "interactions"}
    sources = (
        CUSTOMERS,
        leads | {"columns": {"lead_id": "id", "at": "at"}},
        web | {"columns": {"anonymous_id": "visitor", "at": "at"}},
    )
    first = run(company, "1", *sources)
    dataset = company.dataset(*sources)
    erasure.erase(dataset, erasure.entries(dataset, ["lead:L-1", "anonymous:v-2"], [], []), KEY, AS_OF)
    second = run(company, "2", *sources)
    for tables in (first, second):
        assert tables.read("leads").lead_id.tolist() == [pseudonym(KEY, "lead", "L-2")]
        assert tables.read("interactions").anonymous_id.tolist() == [pseudonym(KEY, "anonymous", "v-1")]


def test_prospects_are_found_again_by_their_address_and_objecting_customers_are_none(company):
    company.write("crm.csv", "id,email,ok\n1,a@x.de,yes\n2,b@x.de,no\n")
    company.write("leads.csv", "id,at,mail\nL-1,2025-01-01,A@x.de\nL-2,2025-01-01,b@x.de\nL-3,2025-01-01,\n")
    columns = {"lead_id": "id", "at": "at", "email": "mail"}
    leads = {"name": "leads", "system": "crm", "path": "leads.csv", "table": "leads", "key": "email"}
    sources = (source(CUSTOMERS, {"consent": "ok", "email": "email"}), leads | {"columns": columns})
    tables = run(company, "1", *sources)
    rows = tables.read("leads").set_index("lead_id")
    first, third = (pseudonym(KEY, "lead", name) for name in ("L-1", "L-3"))
    assert sorted(rows.index) == sorted([first, third])
    assert rows.loc[first, "customer_id"] == tables.read("customers").customer_id.iloc[0]
    assert pd.isna(rows.loc[third, "customer_no"])
    assert "email" not in rows
    dataset = company.dataset(*sources)
    assert raw_ids.lead_ids(dataset, KEY, AS_OF)["id"].tolist() == ["L-1", "L-3"]
    erasure.erase(dataset, erasure.entries(dataset, ["lead:L-3"], [], []), KEY, AS_OF)
    assert raw_ids.lead_ids(dataset, KEY, AS_OF)["id"].tolist() == ["L-1"]


@pytest.mark.parametrize("by", ["objection", "erasure"])
def test_what_somebody_did_without_a_login_goes_with_them(company, by):
    """Visits of the same device, also long before the login and in another file; a shared device keeps the other's."""
    company.write("crm.csv", "id,ok\n1,yes\n2,yes\n3,yes\n")
    company.write("web.csv", "visitor,user,at\nv-1,,2025-01-01\nv-2,2,2025-01-02\nv-3,1,2025-01-02\nv-3,3,2025-01-03\n")
    company.write("app.csv", "visitor,user,at\nv-1,1,2025-06-01\nv-1,,2025-06-02\nv-4,,2025-06-02\n")
    columns = {"anonymous_id": "visitor", "customer_id": "user", "at": "at"}
    web = {"name": "web", "system": "web_analytics", "path": "web.csv", "table": "interactions", "columns": columns}
    app = web | {"name": "app", "system": "app_analytics", "path": "app.csv"}
    sources = (source(CUSTOMERS, {"consent": "ok"}), web, app)
    first = run(company, "1", *sources)
    assert len(first.read("interactions")) == 7
    if by == "objection":
        company.write("crm.csv", "id,ok\n1,no\n2,yes\n3,yes\n")
    else:
        dataset = company.dataset(*sources)
        erasure.erase(dataset, erasure.entries(dataset, ["customer:1"], [], []), KEY, AS_OF)
    second = run(company, "2", *sources)
    visitors = {name: pseudonym(KEY, "anonymous", name) for name in ("v-1", "v-2", "v-3", "v-4")}
    for tables in (first, second):
        seen = tables.read("interactions").anonymous_id.tolist()
        assert sorted(seen) == sorted(visitors[name] for name in ("v-2", "v-3", "v-4"))
        assert visitors["v-1"] not in everything(tables.folder)
    rows = second.read("reconciliation").set_index("source")
    assert rows.loc[["web", "app"], "excluded"].tolist() == [2, 2]


def test_an_erased_contact_leaves_and_the_company_stays(company):
    company.write("firms.csv", "id,firm,mail\nF1,Werk GmbH,info@werk.example\nF2,Bau AG,info@bau.example\n")
    company.write(
        "people.csv", "no,firm,name,mail\nP1,F1,Zoe Quandt,zoe@werk.example\nP2,F1,Ben Alt,ben@werk.example\n"
    )
    firms = source(CUSTOMERS, {"company": "firm", "email": "mail"}, path="firms.csv", ids="firm")
    people = {
        "name": "people",
        "system": "crm",
        "path": "people.csv",
        "table": "contacts",
        "ids": "person",
        "account_ids": "firm",
        "columns": {"contact_id": "no", "account_id": "firm", "name": "name", "email": "mail"},
    }
    dataset = company.dataset(firms, people, kind="b2b")
    first = Tables(company.folder / "runs" / "1")
    collect(dataset, first, AS_OF, KEY)
    assert len(first.read("contacts")) == 2
    done = erasure.erase(dataset, erasure.entries(dataset, [], ["zoe@werk.example"], []), KEY, AS_OF)
    assert (done.known, done.purged.runs) == (1, 1)
    assert first.read("customers").customer_no.tolist() == [1]  # which rows of the company were hers cannot be told
    second = Tables(company.folder / "runs" / "2")
    collect(dataset, second, AS_OF, KEY)
    assert len(second.read("customers")) == 2
    assert second.read("contacts").contact_id.tolist() == [pseudonym(KEY, "contact", "P2")]
    assert pseudonym(KEY, "person", "P1") not in everything(company.folder / "runs")
