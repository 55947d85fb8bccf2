import multiprocessing
import os

import adbc_driver_postgresql.dbapi as postgresql
import pandas as pd
import pytest

from customer_profiles.errors import ConfigurationError, EnvironmentFailed, InputRejected
from customer_profiles.reporting import write_back
from customer_profiles.reporting.write_back import Written, to_postgres

pytestmark = pytest.mark.xdist_group("postgres")
VARIABLE = "HANDOVER_TEST"
SHOWN = """customer_id, segment, \"it's\""""
TABLE = pd.DataFrame(
    {"customer_id": ["aa", "bb", "cc"], "segment": [2, 1, 2], "it's": ["Lost", "=Champions", None]}
).astype({"it's": "str"})


@pytest.fixture
def name(postgres, monkeypatch, request) -> str:
    monkeypatch.setenv(VARIABLE, postgres.url())
    return f'hand "over" {request.node.name}'[:50]


def ask(postgres, query: str) -> list[tuple]:
    with postgresql.connect(postgres.url()) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def rows(postgres, name: str, columns: str = SHOWN) -> list[tuple]:
    quoted = write_back._quoted(name)
    return ask(postgres, f"SELECT {columns} FROM {quoted} ORDER BY customer_id")


def test_writing_twice_changes_no_row(postgres, name):
    assert to_postgres(TABLE, VARIABLE, name) == Written(3, 0, 0, 0)
    before = rows(postgres, name, "customer_id, xmin::text, ctid::text")
    assert to_postgres(TABLE, VARIABLE, name) == Written(0, 0, 0, 3)
    assert rows(postgres, name, "customer_id, xmin::text, ctid::text") == before
    assert rows(postgres, name) == [("aa", 2, "Lost"), ("bb", 1, "=Champions"), ("cc", 2, None)]


def test_rows_are_updated_added_and_removed(postgres, name):
    to_postgres(TABLE, VARIABLE, name)
    kept = rows(postgres, name, "customer_id, xmin::text")[2]
    now = pd.concat([TABLE.iloc[1:].assign(segment=[7, 2]), TABLE.iloc[:1].assign(customer_id="dd")])
    told = to_postgres(now, VARIABLE, name, dry_run=True)
    assert told == Written(1, 1, 1, 1)
    assert [row[0] for row in rows(postgres, name)] == ["aa", "bb", "cc"]  # a dry run writes nothing
    assert to_postgres(now, VARIABLE, name) == told
    assert told.rows == 3
    assert rows(postgres, name) == [("bb", 7, "=Champions"), ("cc", 2, None), ("dd", 2, "Lost")]
    assert rows(postgres, name, "customer_id, xmin::text")[1] == kept


def test_a_dry_run_makes_no_table(postgres, name):
    assert to_postgres(TABLE, VARIABLE, name, dry_run=True) == Written(3, 0, 0, 0)
    assert ask(postgres, "SELECT count(*) FROM pg_class WHERE relname LIKE 'hand%makes_no_table'") == [(0,)]


def test_columns_follow_the_run_and_those_of_others_stay(postgres, name):
    to_postgres(TABLE, VARIABLE, name)
    with postgresql.connect(postgres.url()) as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {write_back._quoted(name)} ADD COLUMN remark text DEFAULT 'mine'")
        connection.commit()
    now = TABLE.drop(columns="it's").assign(segment=["b", "a", "b"], age=[30, 40, 50])
    done = to_postgres(now, VARIABLE, name)
    assert (done.columns_added, done.columns_removed) == (("segment", "age"), ("it's",))
    assert rows(postgres, name, "customer_id, segment, age, remark")[0] == ("aa", "b", 30, "mine")
    assert to_postgres(now, VARIABLE, name) == Written(0, 0, 0, 3)


def test_a_table_of_a_later_version_or_of_other_ids_is_not_touched(postgres, name, monkeypatch):
    to_postgres(TABLE, VARIABLE, name)
    with pytest.raises(InputRejected, match="or by other ids"):
        to_postgres(TABLE.rename(columns={"customer_id": "id"}), VARIABLE, name, ("id",))
    monkeypatch.setattr(write_back, "SCHEMA", 0)
    with pytest.raises(InputRejected, match="a later version"):
        to_postgres(TABLE.assign(segment=9), VARIABLE, name)
    assert [row[1] for row in rows(postgres, name)] == [2, 1, 2]


def killed(url: str, name: str) -> None:
    """Write other rows and die after they are written, before they count."""
    os.environ[VARIABLE] = url
    merge = write_back._merge

    def dies(*given):
        merge(*given)
        os._exit(9)

    write_back._merge = dies
    to_postgres(TABLE.assign(segment=9).iloc[:2], VARIABLE, name)


def test_killed_in_the_middle_the_table_is_as_it_was(postgres, name):
    to_postgres(TABLE, VARIABLE, name)
    process = multiprocessing.get_context("spawn").Process(target=killed, args=(postgres.url(), name))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert rows(postgres, name) == [("aa", 2, "Lost"), ("bb", 1, "=Champions"), ("cc", 2, None)]
    assert to_postgres(TABLE, VARIABLE, name) == Written(0, 0, 0, 3)


def test_a_refusal_names_no_password(postgres, monkeypatch, name):
    monkeypatch.setenv(VARIABLE, postgres.url(password="secret-password"))
    with pytest.raises(EnvironmentFailed) as refused:
        to_postgres(TABLE, VARIABLE, name)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigurationError, match=VARIABLE):
        to_postgres(TABLE, VARIABLE, name)


def test_a_column_without_any_value_is_written(postgres, name):
    to_postgres(TABLE.assign(nothing=None), VARIABLE, name)
    assert rows(postgres, name, "nothing") == [(None,)] * 3
    assert to_postgres(TABLE.assign(nothing=None), VARIABLE, name) == Written(0, 0, 0, 3)


def test_a_user_who_may_write_one_schema_is_enough(postgres, name, monkeypatch):
    """The role of docs/operation.md fills its table, and sees no other."""
    with postgresql.connect(postgres.url()) as connection, connection.cursor() as cursor:
        for line in (
            "DROP SCHEMA IF EXISTS profiles CASCADE",
            "DROP ROLE IF EXISTS profiles_writer",
            "CREATE TABLE IF NOT EXISTS secrets (a int)",
            "CREATE ROLE profiles_writer LOGIN PASSWORD 'writer-5'",
            "CREATE SCHEMA profiles AUTHORIZATION profiles_writer",
            "ALTER ROLE profiles_writer SET search_path = profiles",
        ):
            cursor.execute(line)
        connection.commit()
    own = postgres.url(user="profiles_writer", password="writer-5")
    monkeypatch.setenv(VARIABLE, own)
    assert to_postgres(TABLE, VARIABLE, name) == Written(3, 0, 0, 0)
    assert to_postgres(TABLE.iloc[:2], VARIABLE, name) == Written(0, 0, 1, 2)
    assert ask(postgres, f"SELECT count(*) FROM profiles.{write_back._quoted(name)}") == [(2,)]
    with postgresql.connect(own) as connection, connection.cursor() as cursor, pytest.raises(postgresql.Error):
        cursor.execute("SELECT * FROM public.secrets")
