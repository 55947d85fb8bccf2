"""Customer ids stay the same from run to run, whatever is added, removed or reordered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkage_people import make_records
from written_company import CUSTOMERS, KEY, ORDERS, source

from customer_profiles.errors import InputRejected
from customer_profiles.identity.id_ledger import IdLedger, changes, last_ids
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.privacy import erasure
from customer_profiles.tables import Tables

MOST_CHURN = 0.005  # of the records that did not change
COLUMNS = {"first_name": "first_name", "last_name": "last_name", "email": "email", "phone": "phone"}
COLUMNS |= {"street": "street", "postal_code": "postal_code", "birth_date": "birth_date"}


def ledger(ids: dict[str, str], since: str = "2024-01-01") -> pd.DataFrame:
    table = pd.DataFrame({"pseudonym": list(ids), "customer_id": list(ids.values())}, dtype="str")
    return table.assign(since=pd.Timestamp(since))


def assign(last: pd.DataFrame, *customers: str) -> list[str]:
    """Ids of customers, each given by its records, one letter each."""
    number = np.repeat(np.arange(len(customers)), [len(records) for records in customers])
    return IdLedger(KEY, last).assign(number, list("".join(customers)))


def test_new_customers_get_the_pseudonym_of_their_first_record():
    assert assign(ledger({}), "ab", "c") == ["a", "c"]


def test_ids_stay_with_their_records_in_any_order():
    last = ledger({"a": "a", "b": "a", "c": "c"})
    assert assign(last, "c", "ba") == ["c", "a"]
    assert assign(last, "xb", "yc") == ["a", "c"]  # the first record is gone, the id stays


def test_merged_customers_keep_the_oldest_id_and_then_the_one_of_most_records():
    last = pd.concat([ledger({"a": "a"}, "2024-05-01"), ledger({"b": "b", "c": "b"}, "2023-01-01")])
    assert assign(last, "abc") == ["b"]
    assert assign(ledger({"a": "a", "b": "b", "c": "b"}), "abc") == ["b"]
    assert assign(ledger({"a": "a", "b": "b"}), "ba") == ["a"]


def test_a_split_leaves_the_id_with_most_of_the_records():
    last = ledger({"a": "a", "b": "a", "c": "a"})
    assert assign(last, "bc", "a")[0] == "a"
    first, second = assign(last, "bc", "a")
    assert second not in {first, "b", "c"}  # its own pseudonym is the other one's id now
    assert len(second) == 16
    assert assign(ledger({"a": "a", "b": "a"}), "b", "a") == ["b", "a"]  # a tie: with the record it is made of


def test_the_made_id_is_kept_by_the_next_run():
    ids = assign(ledger({"a": "a", "b": "a", "c": "a"}), "bc", "a")
    again = ledger({"b": ids[0], "c": ids[0], "a": ids[1]})
    assert assign(again, "a", "bc") == [ids[1], ids[0]]


def test_an_id_never_goes_to_somebody_else():
    assert assign(ledger({"b": "a"}), "a", "b")[1] == "a"
    assert assign(ledger({"b": "a"}), "a")[0] != "a"  # "a" was b's id in the last run


def test_an_id_made_of_a_person_who_must_not_appear_is_not_passed_on():
    """They were taken for one person in the last run; one of them has objected since."""
    book = IdLedger(KEY, ledger({"a": "a", "b": "a", "c": "c"}))
    book.forget(["a"])
    assert book.assign(np.array([0, 1]), ["b", "c"]) == ["b", "c"]


def test_one_by_one():
    book = IdLedger(KEY, ledger({"b": "a", "c": "a"}))
    first, second, third = book.assign_one("b"), book.assign_one("c"), book.assign_one("d")
    assert (first, second, third) == ("a", "c", "d")


@settings(max_examples=100)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_ids_are_unique_and_changes_add_up(before, after):
    def groups(numbers):
        return [chr(97 + i) for i in range(len(numbers))], pd.factorize(np.array(numbers))[0]

    names, number = groups(before)
    ids = IdLedger(KEY).assign(number, names)
    last = ledger(dict(zip(names, np.array(ids)[number], strict=True)))
    names, number = groups(after)
    now = IdLedger(KEY, last).assign(number, names)
    assert len(set(now)) == len(now)
    table = pd.DataFrame({"pseudonym": names, "customer_id": np.array(now)[number]}, dtype="str")
    counts = changes(last, table).set_index("became")
    assert counts.loc[["unchanged", "merged", "split", "new"], "n"].sum() == len(now)
    same = IdLedger(KEY, table.assign(since=pd.Timestamp("2024-01-01"))).assign(number, names)
    assert same == now  # nothing changed: nobody's id does


def test_changes_are_named():
    last = ledger({"a": "a", "b": "b", "c": "c", "d": "c", "e": "e", "f": "f"})
    now = ledger({"a": "a", "b": "a", "c": "c", "d": "d", "f": "f", "g": "g"})
    table = changes(last, now).set_index("became")
    assert table["n"].to_dict() == {"unchanged": 1, "merged": 1, "split": 2, "new": 1, "gone": 1}
    assert table["base"].to_dict() == {"unchanged": 5, "merged": 5, "split": 5, "new": 5, "gone": 5}
    assert table["accounts_moved"].to_dict() == {"unchanged": 0, "merged": 1, "split": 1, "new": 0, "gone": 0}
    assert changes(last.head(0), now).empty


class Runs:
    """A company whose runs become the latest one after the other."""

    def __init__(self, company):
        self.company, self.n = company, 0

    def run(self, records: pd.DataFrame, *orders: str, reverse: bool = False) -> pd.DataFrame:
        """Collect and publish; returns the run's identities."""
        spaces = sorted(records["space"].unique(), reverse=reverse)
        for space in spaces:
            mine = records[records["space"] == space]
            mine.to_csv(self.company.folder / f"{space}.csv", index=False)
        sources = [
            source(CUSTOMERS, {"customer_id": "raw_id", **COLUMNS}, name=space, path=f"{space}.csv", ids=space)
            for space in spaces
        ]
        if orders:
            self.company.write("orders.csv", "id,at,amount\n" + "".join(f"{i},2025-01-01,5\n" for i in orders))
            sources.append({**ORDERS, "ids": "crm"})
        self.company.collect(*sources)
        self.n += 1
        runs = self.company.folder / "runs"
        runs.mkdir(exist_ok=True)
        target = runs / f"run{self.n}"
        self.company.tables.folder.rename(target)
        (runs / "latest").unlink(missing_ok=True)
        (runs / "latest").symlink_to(target.name)
        return Tables(target).read("identities")


def churn(before: pd.DataFrame, after: pd.DataFrame) -> tuple[float, int]:
    """Share of the records known to both runs whose customer's id changed, and how many these are."""
    both = before.merge(after, on="pseudonym")
    return float((both["customer_id_x"] != both["customer_id_y"]).mean()), len(both)


def test_three_runs_with_changed_input(company):
    """Rows added, removed and reordered, sources exchanged: the ids of the records that stay do not change."""
    runs, rng = Runs(company), np.random.default_rng(11)
    records = make_records(700, seed=21).drop(columns="person")
    first = runs.run(records.iloc[: len(records) * 8 // 10])
    assert Tables(company.folder / "runs" / "run1").read("id_changes").empty
    second = runs.run(records.iloc[rng.permutation(len(records))], reverse=True)  # a quarter more, all in another order
    kept = records[rng.random(len(records)) > 0.2]
    third = runs.run(kept.iloc[rng.permutation(len(kept))], "new1", "new2")
    for before, after in ((first, second), (second, third), (first, third)):
        share, n = churn(before, after)
        assert n > 600
        assert share < MOST_CHURN
    table = Tables(company.folder / "runs" / "run3").read("id_changes").set_index("became")
    assert table.loc["new", "n"] == 2
    assert table.loc["gone", "n"] > 50
    assert table["accounts_moved"].sum() <= MOST_CHURN * table["accounts"].iloc[0]
    kept_since = third["since"].min()
    assert kept_since == pd.Timestamp("2025-12-31")


def test_an_unchanged_run_changes_nothing(company):
    runs = Runs(company)
    records = make_records(80, seed=4).drop(columns="person")
    first, second = runs.run(records, "x"), runs.run(records, "x")
    assert churn(first, second)[0] == 0
    pd.testing.assert_frame_equal(first, second)


def test_the_erased_are_not_in_the_ledger(company):
    columns = {"email": "mail", "consent": "ok"}
    runs = company.folder / "runs"
    for number, consent in enumerate(("yes", "no"), start=1):
        company.write("crm.csv", f"id,mail,ok\n1,anna@berg.de,{consent}\n2,bea@tal.de,yes\n")
        company.collect(source(CUSTOMERS, columns))
        runs.mkdir(exist_ok=True)
        company.tables.folder.rename(runs / f"run{number}")
        (runs / "latest").unlink(missing_ok=True)
        (runs / "latest").symlink_to(f"run{number}")
    before, after = (Tables(runs / f"run{number}").read("identities") for number in (1, 2))
    gone = set(before["pseudonym"]) - set(after["pseudonym"])
    assert len(gone) == 1
    assert not gone & {value for column in ("pseudonym", "customer_id") for value in after[column]}
    assert Tables(runs / "run2").read("id_changes").set_index("became").loc["gone", "n"] == 1


ANNA = {"first_name": "Anna", "last_name": "Berg", "birth_date": "1980-02-03"}
BEA = {"first_name": "Bea", "last_name": "Tal", "birth_date": "1990-05-06", "email": "bea@tal.de"}


def exports(*rows: dict[str, str]) -> pd.DataFrame:
    """Records, all of Anna: the shop knows an address, the club another, only the CRM both; and of Bea in the CRM."""
    other = {"raw_id": "c2", "space": "crm", **BEA}
    empty = dict.fromkeys(["raw_id", "space", *COLUMNS], "")
    return pd.DataFrame([empty | row for row in (*rows, other)])


SHOP = {"raw_id": "s1", "space": "shop", "first_name": "Anna", "last_name": "Berg", "email": "anna@berg.de"}
CLUB = {"raw_id": "k1", "space": "club", **ANNA, "phone": "0151 23456789"}
CRM = {"raw_id": "c1", "space": "crm", **ANNA, "email": "anna@berg.de", "phone": "0151 23456789"}


def of(identities: pd.DataFrame, space: str) -> set[str]:
    return set(identities.loc[identities["ids"] == space, "customer_id"])


def test_a_gap_in_one_export_splits_nobody(company):
    """Her row of the CRM is missing, but orders name its number: they are still hers, run after run."""
    runs = Runs(company)
    first = runs.run(exports(SHOP, CRM), "c1")
    anna = of(first, "shop")
    assert anna < of(first, "crm")
    for gap in (exports(SHOP), exports(SHOP)):
        identities = runs.run(gap, "c1")
        assert anna < of(identities, "crm")
        assert identities["customer_id"].nunique() == 2
    back = runs.run(exports(SHOP, CRM), "c1")
    pd.testing.assert_frame_equal(back, first)
    (company.folder / "runs" / "latest").unlink()
    assert runs.run(exports(SHOP), "c1")["customer_id"].nunique() == 3  # who remembers nothing takes them for two


def test_records_that_a_missing_one_held_together_stay_together(company):
    runs = Runs(company)
    first = runs.run(exports(SHOP, CLUB, CRM))
    assert of(first, "shop") == of(first, "club")
    for _ in range(2):
        gap = runs.run(exports(SHOP, CLUB))
        assert of(gap, "shop") == of(gap, "club") == of(first, "shop")
        assert set(gap.loc[gap["ids"] != "crm", "known_from"]) == {"kept"}
    back = runs.run(exports(SHOP, CLUB, CRM))
    assert set(back["known_from"]) == {"on file"}
    # Nothing is missing now, so that matching alone decides: another Anna is another person.
    apart = runs.run(exports(SHOP, CLUB | {"first_name": "Eva", "phone": ""}, CRM))
    assert of(apart, "shop") != of(apart, "club")


def test_erasure_reaches_the_links_that_are_remembered(company):
    """Erased by her number in the shop while the CRM has lost her row: nothing kept leads to her any more."""
    runs = Runs(company)
    first = runs.run(exports(SHOP, CRM), "c1")
    hers = set(first.loc[first["customer_id"].isin(of(first, "shop")), "pseudonym"])
    assert len(hers) == 2
    runs.run(exports(SHOP), "c1")
    dataset = load_dataset(company.folder / "dataset.yaml")
    erasure.erase(dataset, erasure.entries(dataset, ["shop:s1"], [], []), KEY, dataset.as_of)
    after = runs.run(exports(SHOP), "c1")
    assert len(after) == 1  # Bea
    for run in ("run1", "run2", "run3"):
        kept = Tables(company.folder / "runs" / run).read("identities")
        assert not hers & {*kept["pseudonym"], *kept["customer_id"]}
    assert not len(Tables(company.folder / "runs" / "run3").read("transactions"))


def test_what_contradicts_is_not_held_together(company):
    runs = Runs(company)
    runs.run(exports(SHOP, CLUB, CRM))
    gap = runs.run(exports(SHOP | {"birth_date": "1951-07-08"}, CLUB))
    assert of(gap, "shop") != of(gap, "club")


def test_a_number_of_somebody_who_objects_elsewhere_brings_nobody_back(company):
    """The CRM has lost her row, the shop says no: her number in the orders is hers, and she is absent."""
    runs = company.folder / "runs"
    for number, (consent, crm) in enumerate((("yes", "c1,anna@berg.de\n"), ("no", "")), start=1):
        company.write("shop.csv", f"id,mail,ok,first,last,born\ns1,anna@berg.de,{consent},Anna,Berg,1980-02-03\n")
        names = ",Anna,Berg,1980-02-03\n"
        company.write(
            "crm.csv", "id,mail,first,last,born\n" + crm.replace("\n", names) + "c2,b@t.de,Bea,Tal,1990-05-06\n"
        )
        company.write("orders.csv", "id,at,amount\nc1,2025-01-01,5\nc2,2025-01-01,5\n")
        columns = {"email": "mail", "first_name": "first", "last_name": "last", "birth_date": "born"}
        shop = source(CUSTOMERS, columns | {"consent": "ok"}, name="shop", path="shop.csv", ids="shop")
        company.collect(
            shop, source(CUSTOMERS, columns, name="crm", path="crm.csv", ids="crm"), {**ORDERS, "ids": "crm"}
        )
        runs.mkdir(exist_ok=True)
        company.tables.folder.rename(runs / f"run{number}")
        (runs / "latest").unlink(missing_ok=True)
        (runs / "latest").symlink_to(f"run{number}")
    assert len(Tables(runs / "run1").read("customers")) == 2
    assert len(Tables(runs / "run2").read("customers")) == 1
    assert len(Tables(runs / "run2").read("transactions")) == 1


def test_most_customers_survive_a_tenth_of_an_export_missing(company):
    runs, rng = Runs(company), np.random.default_rng(5)
    records = make_records(400, seed=8).drop(columns="person")
    space = records["space"].value_counts().index[0]
    numbers = [] if space != "crm" else list(records.loc[records["space"] == "crm", "raw_id"])
    first = runs.run(records, *numbers)
    gap = records[(records["space"] != space) | (rng.random(len(records)) > 0.1)]
    runs.run(gap, *numbers)
    table = Tables(company.folder / "runs" / "run2").read("id_changes").set_index("became")
    assert table.loc["split", "n"] == 0
    assert churn(first, runs.run(gap, *numbers))[0] == 0


def test_a_changed_ledger_is_refused_with_the_remedy(tmp_path):
    tables = Tables(tmp_path)
    path = tables.write("identities", ledger({"a": "a"}))
    assert len(last_ids(tables)) == 1
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InputRejected, match=r"remembers the customers' ids.*restore it.*or delete it"):
        last_ids(tables)
    path.unlink()
    assert last_ids(tables).empty


def test_a_run_of_an_older_version_keeps_no_ids(tmp_path):
    tables = Tables(tmp_path)
    tables.write("identities", pd.DataFrame({"customer_no": [0], "ids": ["crm"], "pseudonym": ["a"]}))
    assert last_ids(tables).empty
