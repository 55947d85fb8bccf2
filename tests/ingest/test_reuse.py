"""What is kept of unchanged sources is what would be read again, and nobody is in it who must not appear."""

from __future__ import annotations

import os
import stat
from datetime import date
from unittest import mock

import pandas as pd
import pytest
from privacy.test_opt_outs import SOURCES, TRACES, ZOE, erase, everything, shop  # noqa: F401
from written_company import CUSTOMERS, KEY, ORDERS, source

from customer_profiles.demo import make_company
from customer_profiles.errors import ConfigurationError
from customer_profiles.ingest import pipeline, profile, reuse
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.privacy.opt_outs import OBJECTIONS
from customer_profiles.tables import Tables

AS_OF = date(2025, 12, 31)
CRM = source(CUSTOMERS, {"email": "mail", "consent": "ok"})


class Runs:
    """Runs of a data set, one after the other."""

    def __init__(self, file):
        self.file, self.folder, self.number = file, file.parent / "runs", 0

    def collect(self, tables: Tables | None = None, as_of=AS_OF, key=KEY) -> tuple[bool, dict[str, bytes]]:
        """Whether the sources were read, and the bytes of all tables; the run becomes the latest one."""
        self.number += 1
        in_run = tables is None
        tables = tables or Tables(self.folder / f"20251231T00000{self.number}Z-abcdef")
        with mock.patch.object(pipeline, "_collect", wraps=pipeline._collect) as reading:
            collect(load_dataset(self.file), tables, as_of, key, self.folder)
        if in_run:
            (self.folder / "latest").unlink(missing_ok=True)
            (self.folder / "latest").symlink_to(tables.folder.name)
        return reading.called, {path.name: path.read_bytes() for path in tables.folder.glob("*.*")}

    def profile(self, as_of=AS_OF, **keys) -> tuple[bool, pd.DataFrame]:
        """Whether the profile of the latest run was built, and the profile."""
        tables = Tables((self.folder / "latest").resolve())
        with mock.patch.object(profile, "open_engine", wraps=profile.open_engine) as engine:
            made = build_profile(tables, as_of, load_dataset(self.file).attributes(), **keys)
        return engine.called, made


@pytest.fixture
def runs(company):
    """A company of which one customer refuses, with orders and opening hours to look up."""
    company.write("crm.csv", "id,mail,ok\nK1,a@x.de,yes\nK2,b@x.de,yes\nK3,c@x.de,no\n")
    company.write("orders.csv", "id,at,amount,shop\nK1,2025-01-01,5,A\nK2,2025-01-02,7,B\nK3,2025-01-03,9,A\n")
    company.write("shops.csv", "shop,town\nA,Ulm\nB,Kiel\n")
    lookup = {"path": "shops.csv", "on": {"shop": "shop"}, "take": ["town"]}
    company.dataset(CRM, source(ORDERS, {"category": "town"}, lookups=[lookup]))
    return Runs(company.folder / "dataset.yaml")


@pytest.mark.parametrize("kind", ["b2c", "b2b"])
def test_tables_are_the_same_bytes_with_and_without(tmp_path, kind):
    runs = Runs(make_company(tmp_path / "demo", customers=60, kind=kind))
    assert runs.collect()[0]
    for _ in range(2):
        reused = runs.collect()
        last, runs.number = (runs.folder / "latest").resolve(), runs.number - 1
        (runs.folder / "latest").unlink()
        (runs.folder / "latest").symlink_to(f"20251231T00000{runs.number}Z-abcdef")
        for path in last.iterdir():
            path.unlink()
        reuse.forget(runs.folder)
        fresh = runs.collect()
        assert not reused[0]
        assert fresh[0]
        assert reused[1] == fresh[1]
        assert len(fresh[1]) > 40


def test_what_check_has_read_is_taken_by_the_next_run(runs, tmp_path):
    assert runs.collect(Tables(tmp_path / "elsewhere"))[0]
    read, tables = runs.collect()
    assert not read
    assert len(pd.read_parquet(runs.folder / "latest" / "transactions.parquet")) == 2
    assert "customers.sha256" in tables


@pytest.mark.parametrize("kind", ["b2c", "b2b"])
def test_a_kept_profile_is_what_would_be_built(tmp_path, kind):
    runs = Runs(make_company(tmp_path / "demo", customers=60, kind=kind))
    runs.collect()
    built = runs.profile()
    runs.collect()
    for _ in range(2):
        reused = runs.profile()
        assert (built[0], reused[0]) == (True, False)
        pd.testing.assert_frame_equal(built[1], reused[1], check_column_type="exact", check_index_type="exact")
    reuse.forget(runs.folder)
    assert runs.profile()[0]
    assert not (runs.folder / reuse.FOLDER).exists()


def test_a_profile_of_other_tables_days_rules_or_programs_is_built(runs):
    runs.collect()
    first = runs.profile()[1]
    assert runs.profile(new_days=7)[0]
    assert runs.profile(as_of=date(2025, 12, 30))[0]
    assert runs.profile()[0]
    with mock.patch.object(reuse, "_program", return_value="a later version"):
        assert runs.profile()[0]
    assert runs.profile()[0]
    assert not runs.profile()[0]
    (runs.file.parent / "orders.csv").write_text("id,at,amount,shop\nK1,2025-01-01,50,A\nK2,2025-01-02,7,B\n")
    runs.collect()
    built, later = runs.profile()
    assert built
    assert later["spend"].sum() == first["spend"].sum() + 45
    (runs.folder / reuse.FOLDER / "profile.parquet").write_bytes(b"damaged")
    assert runs.profile()[0]
    assert stat.S_IMODE((runs.folder / reuse.FOLDER / "profile.parquet").stat().st_mode) == 0o600
    other = pd.DataFrame({"customer_no": [0], "at": [pd.Timestamp(AS_OF)]})
    Tables((runs.folder / "latest").resolve()).write("transactions", other)
    with pytest.raises(AttributeError):  # no amount: the changed table is read
        runs.profile()


def test_only_the_owner_can_read_it_and_the_next_takes_its_place(runs):
    runs.collect()
    folder = runs.folder / reuse.FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    (runs.file.parent / "crm.csv").write_text("id,mail,ok\nK2,b@x.de,yes\nK3,c@x.de,no\n")
    assert runs.collect()[0]
    assert [path.name for path in runs.folder.glob(".*")] == [reuse.FOLDER]
    kept = pd.read_parquet(folder / "customers.parquet")
    assert len(kept) == 2  # K1 is known by an order


@pytest.mark.parametrize("table", ["crm.csv", "orders.csv", "shops.csv"])
def test_a_changed_file_is_read(runs, table):
    runs.collect()
    path = runs.file.parent / table
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"K1", b"K4").replace(b"Ulm", b"Bad"))  # of the same size and age
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert runs.collect()[0]
    path.write_bytes(content)
    assert runs.collect()[0]


def test_a_file_that_was_only_touched_is_not_read(runs):
    runs.collect()
    os.utime(runs.file.parent / "orders.csv")
    assert not runs.collect()[0]


def test_another_mapping_day_key_or_program_reads_everything(runs):
    runs.collect()
    assert runs.collect(as_of=date(2025, 1, 2))[0]
    assert runs.collect()[0]
    text = runs.file.read_text()
    runs.file.write_text(text.replace("category: town", "product_id: town"))
    assert runs.collect()[0]
    runs.file.write_text(text)
    assert runs.collect()[0]
    with mock.patch.object(reuse, "_program", return_value="a later version"):
        assert runs.collect()[0]
    assert runs.collect()[0]
    with pytest.raises(ConfigurationError, match=r"objections.txt was made with another key.*or delete the list"):
        runs.collect(key=KEY[::-1])
    for key in (KEY[::-1], KEY):
        (runs.folder / OBJECTIONS).unlink()
        assert runs.collect(key=key)[0]


def test_ids_of_another_last_run_read_everything(runs):
    runs.collect()
    (runs.file.parent / "crm.csv").write_text("id,mail,ok\nK1,a@x.de,yes\nK2,a@x.de,yes\nK3,c@x.de,no\n")
    assert runs.collect()[0]
    assert runs.collect()[0]  # for the first time with the ids of these sources
    assert not runs.collect()[0]


def test_what_is_damaged_is_made_anew(runs):
    _, first = runs.collect()
    folder = runs.folder / reuse.FOLDER
    damaged = (folder / "transactions.parquet").read_bytes()[:-9] + b"different"
    (folder / "transactions.parquet").unlink()
    (folder / "transactions.parquet").write_bytes(damaged)
    read, tables = runs.collect()
    assert read
    assert tables["transactions.parquet"] == first["transactions.parquet"]
    (folder / "customers.parquet").unlink()
    assert runs.collect()[0]


def test_a_file_that_cannot_be_used_leaves_nothing(runs):
    runs.collect()
    (runs.file.parent / "orders.csv").write_text("id,at\n")
    with pytest.raises(pipeline.InputRejected):
        runs.collect()
    assert not (runs.folder / reuse.FOLDER).exists()


def test_databases_are_always_read(company):
    import sqlite3

    with sqlite3.connect(company.folder / "crm.db") as database:
        database.execute("CREATE TABLE people (id TEXT)")
        database.execute("INSERT INTO people VALUES ('K1')")
    company.dataset({**CUSTOMERS, "path": "crm.db", "query": "SELECT id FROM people"})
    runs = Runs(company.folder / "dataset.yaml")
    assert runs.collect()[0]
    assert runs.collect()[0]
    assert not (runs.folder / reuse.FOLDER).exists()


def test_who_refuses_is_in_nothing_that_is_reused(runs, tmp_path):
    runs.collect()
    runs.profile()
    (runs.file.parent / "crm.csv").write_text("id,mail,ok\nK1,a@x.de,yes\nK2,b@x.de,no\nK3,c@x.de,no\n")
    assert runs.collect(Tables(tmp_path / "elsewhere"))[0]  # as `check` reads
    assert [path.name for path in (runs.folder / reuse.FOLDER).glob("profile*")] == []
    space = load_dataset(runs.file).sources[0].ids
    gone = {pipeline.pseudonym(KEY, space, raw_id) for raw_id in ("K2", "K3")} | {"b@x.de", "c@x.de"}
    assert not {trace for trace in gone if trace in everything(runs.folder / reuse.FOLDER)}
    assert {trace for trace in gone if trace in everything(runs.folder / "latest")}  # a check changes no run
    assert not runs.collect()[0]
    assert not {trace for trace in gone if trace in everything(runs.folder)}


def test_who_is_erased_is_in_nothing_that_is_reused(shop):  # noqa: F811
    runs = Runs(shop.folder / "dataset.yaml")
    runs.collect()
    runs.profile()
    assert {trace for trace in TRACES if trace in everything(runs.folder / reuse.FOLDER)}
    erase(shop, emails=[ZOE[1]])
    assert not {trace for trace in TRACES if trace in everything(runs.folder)}
    shop.dataset(*SOURCES)
    while runs.collect()[0]:
        runs.profile()
        assert not {trace for trace in TRACES if trace in everything(runs.folder)}
        assert runs.number < 5
    assert not {trace for trace in TRACES if trace in everything(runs.folder)}
