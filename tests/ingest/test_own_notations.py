"""Ways to write that dataset.yaml can say: each gives the value that was meant, or a refusal that names it."""

from __future__ import annotations

import json
from datetime import date

import pytest
import yaml

from customer_profiles.errors import ConfigurationError, InputRejected
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.privacy.erasure import entries, erase
from customer_profiles.tables import Tables

KEY = b"a key of thirty-two bytes, no more"
PEOPLE = [f"C{number}" for number in range(40)]
IDS = "\n".join(["id", *PEOPLE])
ORDER = {"customer_id": "id", "at": "at", "amount": "amount"}


@pytest.fixture
def read(tmp_path):
    """Customers, and one file besides: what becomes of it."""

    def run(table, text, columns, file="rows.csv", customers=IDS, crm=None, **source):
        (tmp_path / file).write_text(text, encoding="utf-8")
        (tmp_path / "customers.csv").write_text(f"{customers}\n", encoding="utf-8")
        people = {"name": "crm", "system": "crm", "path": "customers.csv", "table": "customers"}
        people |= {"columns": {"customer_id": "id"}} | (crm or {})
        rows = {"name": "rows", "system": "shop", "path": file, "table": table, "columns": columns} | source
        content = {"name": "own", "title": "Own", "as_of": "2025-06-30", "sources": [people, rows]}
        (tmp_path / "dataset.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        dataset, tables = load_dataset(tmp_path / "dataset.yaml"), Tables(tmp_path / "run")
        collected = collect(dataset, tables, date(2025, 6, 30), KEY)
        run.dataset, run.collected = dataset, collected
        return tables.read(table)

    return run


def rows(heading, *cells):
    """Two orders of each customer with further cells in turn."""
    lines = [f"{one},2025-03-0{n % 9 + 1},{cells[n % len(cells)]}" for n, one in enumerate(PEOPLE * 2)]
    return f"id,at,{heading}\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("heading", "cells", "amount", "total"),
    [
        ("u,S/H", ["5,S", "2,H"], {"column": "u", "times": {"S/H": {"S": 1, "H": -1}}}, 40 * (5 - 2)),
        ("u,cur", ["5,EUR", "200,JPY"], {"column": "u", "times": {"cur": {"EUR": 1, "JPY": 0.006}}}, 40 * (5 + 1.2)),
        ("u,cur,t", ["5,usd,refund"], {"column": "u", "times": {"cur": {"usd": 0.5}, "t": {"refund": -1}}}, -200),
        ("p,q,t", ["5,2,a", "5,2,b"], {"product": ["p", "q"], "times": {"t": {"a": 1, "b": -1}}}, 0),
        ("u,r", ["5,2"], {"sum": ["u", {"column": "r", "factor": -1}]}, 80 * 3),
    ],
)
def test_amounts_with_their_sign_or_currency_in_another_column(read, heading, cells, amount, total):
    read_rows = read("transactions", rows(heading, *cells), ORDER | {"amount": amount})
    assert read_rows["amount"].sum() == pytest.approx(total)


def test_a_code_without_a_factor_is_not_added_up(read):
    amount = {"column": "u", "times": {"cur": {"EUR": 1}}}
    kept = read("transactions", rows("u,cur", "5,EUR", "200,JPY"), ORDER | {"amount": amount})
    assert (len(kept), kept["amount"].sum()) == (40, 200)
    assert set(read.collected.set_aside["reason"]) == {"a code that 'times' does not name"}


@pytest.mark.parametrize(
    ("written", "at", "day"),
    [
        ("0103", {"column": "d", "date": "%d%m", "year": 2024}, "2024-03-01"),
        ("103", {"column": "d", "date": "%d%m", "year": 2024}, "2024-03-01"),
        ("12/31", {"column": "d", "date": "%m/%d", "year": 2024}, "2024-12-31"),
        ("1122024", {"column": "d", "date": "%d%m%Y"}, "2024-12-01"),
        ("3. März 2025", {"column": "d", "date": "%d. %B %Y"}, "2025-03-03"),
        ("03-Okt.-24", {"column": "d", "date": "%d-%b-%y"}, "2024-10-03"),
        ("1 févr. 2025", {"column": "d", "date": "%d %b %Y"}, "2025-02-01"),
        ("May 7 2025", {"column": "d", "date": "%B %d %Y"}, "2025-05-07"),
        ("1728557807", {"column": "d", "datetime": "unix"}, "2024-10-10"),
        ("1728557807123", {"column": "d", "datetime": "unix"}, "2024-10-10"),
        ("1728557807123456", {"column": "d", "datetime": "unix"}, "2024-10-10"),
    ],
)
def test_days(read, written, at, day):
    found = read("transactions", rows("amount,d", f"5,{written}"), ORDER | {"at": at})
    assert set(found["at"].dt.strftime("%Y-%m-%d")) == {day}


def test_seconds_as_numbers_of_json(read):
    text = json.dumps([{"id": one, "at": 1728557807 + n, "amount": 5} for n, one in enumerate(PEOPLE)])
    assert len(read("transactions", text, ORDER, file="rows.json", datetime="unix")) == 40


@pytest.mark.parametrize("form", ["mixed", "%d.%m.", "ISO8601", "dd.mm.yyyy", "%d.%Q.%Y"])
def test_what_says_nothing_of_days_is_refused_by_name(read, form):
    with pytest.raises(ConfigurationError, match=f"'{form}'"):
        read("transactions", rows("amount", "5"), ORDER, date=form)


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        ({"replace": {"^cust_": "C"}}, "cust_{}"),
        ({"replace": {r"\.0$": "", "^": "C"}}, "{}.0"),
        ({"replace": {"c-": "C"}}, "c-{}"),
    ],
)
def test_ids_by_pattern(read, rule, written):
    text = rows("amount", "5").replace("\nC", "\n").split("\n")
    text = "\n".join(
        [text[0], *(written.format(one.split(",")[0]) + "," + one.split(",", 1)[1] for one in text[1:] if one)]
    )
    found = read("transactions", text + "\n", ORDER | {"customer_id": {"column": "id", **rule}})
    assert found["customer_no"].nunique() == len(PEOPLE)
    assert read.collected.inventory["customers"].tolist() == [40, 40]


def test_a_pattern_that_is_none_is_refused(read):
    with pytest.raises(ConfigurationError, match="no regular expression"):
        read("transactions", rows("amount", "5"), ORDER | {"customer_id": {"column": "id", "replace": {"(": ""}}})


def test_rows_as_ids(read):
    people = {"columns": {"customer_id": {"row": True}, "city": "town"}}
    read(
        "events",
        "at,name\n2025-01-01,x\n",
        {"at": "at", "name": "name"},
        customers="town\nJena\nJena\nTrier",
        crm=people,
    )
    assert read.collected.reconciliation["used"].tolist() == [3, 1]
    with pytest.raises(ConfigurationError, match="'row' needs one file"):
        read("events", "at,name\n", {"at": "at", "name": "name"}, crm=people | {"path": "cust*.csv"})


def test_a_file_without_names_of_columns(read):
    text = rows("amount", "5").split("\n", 1)[1].replace(",", ";")
    assert len(read("transactions", text, ORDER, header=["id", "at", "amount"])) == 80


def test_columns_without_a_name_are_called_by_their_place(read):
    text = rows("amount", "5").replace("id,", ",", 1)
    assert len(read("transactions", text, ORDER | {"customer_id": "(column 1)"})) == 80


def test_columns_side_by_side_become_rows(read):
    text = "id,a,b\n" + "".join(f"{one},{n % 2},{'' if n % 4 else 1}\n" for n, one in enumerate(PEOPLE))
    columns = {"customer_id": "id", "campaign": "which", "responded": {"column": "yes", "present": True}}
    columns["at"] = {"column": "which", "values": {"a": "2025-01-01", "b": "2025-02-01"}}
    found = read("campaigns", text, columns, unpivot={"columns": ["a", "b"], "name": "which", "value": "yes"})
    assert found.groupby("campaign")["responded"].agg(["sum", "size"]).to_numpy().tolist() == [[40, 40], [10, 40]]
    assert found.groupby("campaign")["at"].first().dt.month.tolist() == [1, 2]


def test_a_total_that_each_line_repeats_counts_once(read):
    text = "order,id,at,amount\n" + "".join(f"B{n // 2},C{n // 2},2025-01-01,{n // 2}\n" for n in range(80))
    found = read("transactions", text, ORDER | {"order_id": "order"}, once={"order": ["amount"]}, duplicates="keep")
    assert (len(found), found["amount"].sum()) == (80, sum(range(40)))


def test_several_values_of_one_person(read):
    people = "id,likes\n" + "\n".join(f"{one},{['ski;bike', 'ski', ''][n % 3]}" for n, one in enumerate(PEOPLE))
    crm = {"attributes": {"likes": {"column": "likes", "each": ["ski", "bike"]}}}
    read("transactions", rows("amount", "5"), ORDER, customers=people, crm=crm)
    assert {"likes_ski", "likes_bike"} <= set(read.dataset.attributes())
    filled = read.collected.completeness.set_index("field")["n"]
    assert filled["likes_ski"] == 27


def test_erasure_follows_former_ids_and_ids_by_rule(read):
    people = "id,old\n" + "\n".join(f"{one},D{one[1:]}" for one in PEOPLE)
    crm = {"merged_ids": "old", "columns": {"customer_id": {"column": "id", "lower": True}}}
    text = rows("amount", "5").replace("\nC", "\nd")
    assert len(read("transactions", text, ORDER, customers=people, crm=crm)) == 80
    done = erase(read.dataset, entries(read.dataset, ["D7"], [], []), KEY, date(2025, 6, 30))
    assert (done.given, done.known) == (1, 1)
    assert len(read("transactions", text, ORDER, customers=people, crm=crm)) == 78


def test_nobody_who_clearly_agreed_is_a_refusal_with_a_remedy(read):
    people = "id,agreed\n" + "\n".join(f"{one},opt-in" for one in PEOPLE)
    crm = {"columns": {"customer_id": "id", "consent": "agreed"}}
    with pytest.raises(InputRejected, match="name the codes of 'consent'"):
        read("transactions", rows("amount", "5"), ORDER, customers=people, crm=crm)


def test_what_is_known_of_an_area_reaches_its_customers(read, tmp_path):
    people = "id,plz\n" + "\n".join(f"{one},{['01067', '99084', '33333'][n % 3]}" for n, one in enumerate(PEOPLE))
    text = "plz,pop,power,kind,lat\n01,100,88.5,urban,51\n99,200,101,rural,50\n"
    columns = {"area": "plz", "population": "pop", "power": "power", "latitude": "lat"}
    crm = {"columns": {"customer_id": "id", "postal_code": "plz"}}
    read("areas", text, columns, customers=people, crm=crm, attributes={"kind": "kind"})
    profile = build_profile(Tables(tmp_path / "run"), date(2025, 6, 30), read.dataset.attributes())
    assert set(profile.filter(like="area_")) == {"area_power", "area_kind"}
    assert profile.groupby("postal_code")["area_power"].first().tolist() == [
        88.5,
        pytest.approx(float("nan"), nan_ok=True),
        101,
    ]
    assert profile.groupby("area_kind").size().to_dict() == {"urban": 14, "rural": 13}
    assert read.dataset.vocabulary()[0]["area_power"] == {"en": "Power of the area"}


def test_segments_and_rules_may_name_what_is_known_of_an_area(tmp_path):
    crm = {"name": "crm", "system": "crm", "path": "c.csv", "table": "customers", "columns": {"customer_id": "id"}}
    areas = {
        "name": "areas",
        "system": "crm",
        "path": "a.csv",
        "table": "areas",
        "columns": {"area": "a", "power": "p"},
    }
    rules = [{"value": "poor", "where": {"area_power": {"below": "90"}}}, {"value": "other"}]
    content = {"name": "x", "title": "X", "sources": [crm, areas], "segment_by": ["area_power"]}
    (tmp_path / "dataset.yaml").write_text(yaml.safe_dump(content | {"derived": {"wealth": {"rules": rules}}}))
    assert load_dataset(tmp_path / "dataset.yaml").segment_by == ("area_power",)
    (tmp_path / "dataset.yaml").write_text(yaml.safe_dump(content | {"segment_by": ["area_powr"]}))
    with pytest.raises(ConfigurationError, match="did you mean 'area_power'"):
        load_dataset(tmp_path / "dataset.yaml")
