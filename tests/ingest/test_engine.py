"""DuckDB and Spark give the same profile, to the last digit; an engine that is missing or too small says so."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from written_company import KEY

from customer_profiles.demo import make_company
from customer_profiles.errors import ConfigurationError, EnvironmentFailed, InputRejected
from customer_profiles.ingest import profile as profiles
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.config.derived import Attribute
from customer_profiles.ingest.contract import DTYPES, kept
from customer_profiles.ingest.engine import explained, fetch, open_engine
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

AS_OF = date(2025, 12, 31)
# The hour that the clock skips in Berlin, the hour it repeats, the borders of a day, of a year and of a second.
MOMENTS = np.array(
    [
        *("2025-03-30T02:30", "2025-03-30T03:00", "2025-10-26T02:30", "2025-10-26T02:30:00.000001"),
        *("2025-12-31T23:59:59", "2025-01-01T00:00", "2025-01-01T00:00:01", "2024-12-31T23:59:59.999999"),
        *("1970-01-01T00:00", "1969-12-31T23:00"),
    ],
    dtype="datetime64[us]",
)
TEXTS = ["a", "B", "b", "ä", "Ä", "ß", "z", " a", "日", "🙂"]
# Zero, sums that floating point cannot hold, more digits than money has, halves of the last digit, returns.
NUMBERS = [0.0, -0.0, 0.1, 0.2, 0.3, 1.00005, -1.00005, 0.00005, 0.12345678, 1e9 + 0.01, -19.99, 2.675]
pytestmark = pytest.mark.xdist_group("spark")


@pytest.fixture(scope="module")
def spark(tmp_path_factory) -> Iterator[Callable]:
    """Opens Spark for `build_profile`: one session for all tests here, because it takes ten seconds to start."""
    needs_spark()
    folder = tmp_path_factory.mktemp("spark run")
    with pytest.MonkeyPatch.context() as patch:
        # Nothing here runs long enough for Java's second compiler to pay.
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        with open_engine("spark", folder, "1GB") as connection:
            yield lambda *_: contextlib.nullcontext(connection)
    assert list(folder.iterdir()) == []


@pytest.fixture
def both(spark, monkeypatch) -> Callable[..., pd.DataFrame]:
    """Builds a profile with both engines and returns it if they agree in every value, type and row."""

    def build(tables: Tables, as_of: date, attributes: dict) -> pd.DataFrame:
        duckdb = build_profile(tables, as_of, attributes)
        with monkeypatch.context() as patch:
            patch.setattr(profiles, "open_engine", spark)
            pd.testing.assert_frame_equal(build_profile(tables, as_of, attributes, "spark"), duckdb, check_exact=True)
        return duckdb

    return build


def test_a_company(both, tmp_path):
    dataset = load_dataset(make_company(tmp_path, customers=300, seed=7))
    tables = Tables(tmp_path / "tables")
    collect(dataset, tables, dataset.as_of, KEY)
    profile = both(tables, dataset.as_of, dataset.attributes())
    assert len(profile) > 200
    assert {"age_band", "orders", "sessions", "offers", "resolution_hours", "nps_score"} <= set(profile)


def test_edges(both, tmp_path):
    """Drawn anew for each part: missing values, ties, customers with nothing, odd moments, letters and numbers."""
    rng = np.random.default_rng(20)
    tables = Tables(tmp_path)
    customers, rows = 60, 900
    no = pd.Series(rng.integers(0, customers - 10, rows))  # the last ten have done nothing
    write(tables, "customers", customer_no=range(customers), customer_id=[f"c{i}" for i in range(customers)],
          birth_date=some(rng, pd.to_datetime(["2000-02-29", "2007-12-31", "2008-01-01", "1900-03-01"]), customers),
          signup_date=some(rng, MOMENTS, customers), consent=some(rng, [True, False], customers),
          income=some(rng, NUMBERS, customers), city=some(rng, TEXTS, customers))  # fmt: skip
    write(tables, "transactions", customer_no=no, at=rng.choice(MOMENTS, rows), order_id=some(rng, TEXTS, rows),
          category=some(rng, TEXTS, rows), channel=some(rng, TEXTS[:3], rows, missing=0.9),
          amount=rng.choice(NUMBERS, rows), discount=some(rng, NUMBERS, rows),
          quantity=some(rng, NUMBERS, rows))  # fmt: skip
    write(tables, "interactions", customer_no=no.where(no > 3), at=rng.choice(MOMENTS, rows),
          session_id=some(rng, TEXTS, rows, missing=0.8), channel=some(rng, TEXTS, rows),
          linked=some(rng, [True, False], rows))  # fmt: skip
    write(tables, "contacts", customer_no=no, person_no=some(rng, range(5), rows))
    write(tables, "campaigns", customer_no=no, at=rng.choice(MOMENTS, rows), campaign=rng.choice(TEXTS, rows),
          responded=some(rng, [True, False], rows), control_group=some(rng, [True, False], rows))  # fmt: skip
    write(tables, "tickets", customer_no=no, opened_at=rng.choice(MOMENTS, rows), closed_at=some(rng, MOMENTS, rows),
          reopened=some(rng, [True, False], rows))  # fmt: skip
    write(tables, "feedback", customer_no=no.where(no % 7 > 0), at=rng.choice(MOMENTS, rows),
          metric=rng.choice(["nps", "csat", "stars", "ces", "none"], rows), score=some(rng, [0.0, 1.0, 4.5], rows),
          text=some(rng, ["", " ", "ok"], rows))  # fmt: skip
    profile = both(tables, AS_OF, {"age_band": Attribute(name="age_band", label={}, kind="ordered")})
    assert profile.orders.tail(10).eq(0).all()
    assert profile.orders.head(50).between(1, 20).all()
    assert profile.isna().sum().gt(0).sum() > 10


def test_one_customer_and_nothing_else(both, tmp_path):
    write(Tables(tmp_path), "customers", customer_no=[0], customer_id=["c"])
    write(Tables(tmp_path), "transactions")
    assert both(Tables(tmp_path), AS_OF, {}).columns.tolist()[:2] == ["customer_id", "customer_no"]


def test_spark_shows_no_value_when_it_fails(spark, tmp_path, capfd):
    tables = Tables(tmp_path)
    write(tables, "customers", customer_no=[0], customer_id=["c-4711"])
    write(tables, "transactions", customer_no=[0], at=MOMENTS[:1], amount=[1.25e17])
    with spark() as connection:
        customers, lines = (connection.read_parquet(str(tables.path(name))) for name in ("customers", "transactions"))
        with pytest.raises(Exception, match="4711") as misread:
            fetch(customers.select(n=customers.customer_id.cast("int64")))
        with pytest.raises(Exception, match=r"1\.25E") as too_large:
            fetch(profiles.EXPRESSIONS["transactions"](lines, AS_OF))
    assert str(explained(misread.value)).startswith("Spark stopped with CAST_INVALID_INPUT: set")
    assert isinstance(explained(too_large.value), InputRejected)
    assert capfd.readouterr() == ("", "")


def test_spilling_changes_nothing(tmp_path):
    rng = np.random.default_rng(3)
    lines, customers = 2_000_000, 50_000
    tables = Tables(tmp_path)
    write(tables, "customers", customer_no=range(customers), customer_id=[f"c{i}" for i in range(customers)])
    write(tables, "transactions", customer_no=rng.integers(0, customers, lines), at=rng.choice(MOMENTS, lines),
          order_id="number of the order " + pd.Series(rng.integers(0, 1_500_000, lines)).astype("str"),
          amount=rng.integers(0, 10_000, lines) / 100, category=rng.choice(TEXTS, lines))  # fmt: skip
    small = build_profile(tables, AS_OF, {}, memory_limit="128MB")
    pd.testing.assert_frame_equal(small, build_profile(tables, AS_OF, {}), check_exact=True)
    assert small.orders.sum() > 1_400_000
    # It does not fit into so little memory: without the disk there is no profile, and the failure says what to do.
    with pytest.raises(EnvironmentFailed, match="within 128 MB: set a larger 'memory_limit'"):
        without_disk(tables)
    assert not list(tmp_path.glob(".engine-*"))


def test_a_number_too_large_to_add_up_is_refused_without_showing_it(tmp_path):
    write(Tables(tmp_path), "customers", customer_no=[0], customer_id=["c"])
    write(Tables(tmp_path), "transactions", customer_no=[0], at=MOMENTS[:1], amount=[1.25e17])
    with pytest.raises(InputRejected, match="larger than 900 trillion") as failure:
        build_profile(Tables(tmp_path), AS_OF, {})
    assert "125" not in str(failure.value)


def test_without_java(tmp_path, monkeypatch):
    needs_spark()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailed, match="Spark needs Java: run `make spark`") as failure:
        build_profile(Tables(tmp_path), AS_OF, {}, "spark")
    assert failure.value.exit_code == 5


def test_without_pyspark(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(EnvironmentFailed, match="pyspark is not installed: run `make spark`"):
        build_profile(Tables(tmp_path), AS_OF, {}, "spark")


def test_java_that_does_not_start(tmp_path, monkeypatch, capfd):
    needs_spark()
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'this machine has no memory left' >&2\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(EnvironmentFailed, match="Java could not start Spark: this machine has no memory left"):
        build_profile(Tables(tmp_path / "tables"), AS_OF, {}, "spark")
    assert capfd.readouterr() == ("", "")


def test_one_line_of_the_file_chooses(company):
    crm = {"name": "a", "system": "crm", "path": "a.csv", "table": "customers", "columns": {"customer_id": "id"}}
    assert company.dataset(crm).engine == "duckdb"
    dataset = company.dataset(crm, engine="spark", memory_limit="2GB")
    assert (dataset.engine, dataset.memory_limit) == ("spark", "2GB")
    with pytest.raises(ConfigurationError, match=r"'engine'.*'duckdb' or 'spark'"):
        company.dataset(crm, engine="polars")
    with pytest.raises(ConfigurationError, match=r"'memory_limit'.*, e\.g\. 2GB"):
        company.dataset(crm, memory_limit="80%")


def write(tables: Tables, name: str, **columns) -> Path:
    """A canonical table; columns that are not given are empty."""
    fields = kept(name)
    rows = len(next(iter(columns.values()))) if columns else 0
    given = {column: pd.Series(columns.get(column, [None] * rows)) for column in fields}
    return tables.write(name, pd.DataFrame({c: v.astype(DTYPES[fields[c].kind]) for c, v in given.items()}))


def without_disk(tables: Tables) -> None:
    """Compute the largest expression in 128 MB and with no temporary files."""
    with open_engine("duckdb", tables.folder, "128MB") as connection:
        connection.raw_sql("SET max_temp_directory_size = '0KB'")
        fetch(profiles.EXPRESSIONS["transactions"](connection.read_parquet(str(tables.path("transactions"))), AS_OF))


def some(rng: np.random.Generator, values: object, n: int, missing: float = 0.3) -> pd.Series:
    """`n` draws of some values, a share of them missing."""
    return pd.Series(rng.choice(np.asarray(values), n)).where(rng.random(n) >= missing)


def needs_spark() -> None:
    """Skip a test without Spark; continuous integration installs it, so that its absence is a failure there."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        refuse = pytest.fail if os.environ.get("CUSTOMER_PROFILES_NO_SKIP") else pytest.skip
        refuse("needs pyspark and Java: run `make spark`")
