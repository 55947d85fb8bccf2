import adbc_driver_postgresql.dbapi as postgresql
import openpyxl
import pandas as pd
import pytest

from customer_profiles.errors import ConfigurationError, EnvironmentFailed, InputRejected
from customer_profiles.reporting import crm_export
from customer_profiles.tables import Tables

VARIABLE = "HANDOVER_TEST"


@pytest.fixture
def tables(tmp_path) -> Tables:
    tables = Tables(tmp_path / "run")
    customers = pd.DataFrame({"customer_id": ["aa", "bb", "cc"], "customer_no": [0, 1, 2]})
    tables.write("profile", customers.assign(age=[20, 30, 40]))
    tables.write("segments", customers.assign(segment=[2, 1, 2]))
    tables.write("rfm", pd.DataFrame({"customer_no": [0, 1, 2], "segment": ["Lost", "=Champions", "Lost"]}))
    tables.write("routing", pd.DataFrame({"segment": [1, 2], "first_channel": ["web", None]}))
    listed = pd.DataFrame({"customer_no": [0, 1, 2], "purpose": ["call", "leave alone", "call"]})
    tables.write("address_list", listed.assign(place=pd.array([2, None, 1], dtype="Int64")))
    return tables


def test_every_customer_has_one_row(tables):
    table = crm_export.assignments(tables)
    assert table.columns.tolist() == ["customer_id", "segment", "rfm_segment", "first_channel", "purpose", "place"]
    assert table["place"].fillna(0).tolist() == [2, 0, 1]
    assert table["segment"].tolist() == [2, 1, 2]
    assert table["first_channel"].fillna("–").tolist() == ["–", "web", "–"]


def test_own_ids_replace_pseudonyms(tables):
    ids = pd.DataFrame({"id": ["0017", "K-2", "K-3"], "customer_id": ["bb", "aa", "aa"]})
    table = crm_export.assignments(tables, ids)
    assert "customer_id" not in table
    assert table.set_index("id")["segment"].to_dict() == {"0017": 1, "K-2": 2, "K-3": 2}


def test_a_run_without_segments_is_told(tmp_path):
    with pytest.raises(InputRejected, match="no segments"):
        crm_export.assignments(Tables(tmp_path))


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_files_hold_the_table_and_no_formula(tables, tmp_path, ending):
    path = tmp_path / "new" / f"out{ending}"
    for _ in range(2):
        crm_export.to_file(crm_export.assignments(tables), path)
    read = {".csv": pd.read_csv, ".xlsx": pd.read_excel, ".parquet": pd.read_parquet}[ending](path)
    assert read["customer_id"].tolist() == ["aa", "bb", "cc"]
    assert read["rfm_segment"][1] == ("=Champions" if ending == ".parquet" else "'=Champions")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    if ending == ".xlsx":
        cells = openpyxl.load_workbook(path).active
        assert not any(cell.data_type == "f" for row in cells.rows for cell in row)


def test_another_ending_is_refused(tables, tmp_path):
    with pytest.raises(ConfigurationError, match=r"\.csv, \.xlsx, \.parquet"):
        crm_export.to_file(crm_export.assignments(tables), tmp_path / "out.txt")


@pytest.mark.xdist_group("postgres")
class TestPostgres:
    @pytest.fixture(autouse=True)
    def _url(self, postgres, monkeypatch):
        monkeypatch.setenv(VARIABLE, postgres.url())

    def rows(self, postgres) -> dict[str, tuple]:
        with postgresql.connect(postgres.url()) as connection, connection.cursor() as cursor:
            cursor.execute('SELECT customer_id, segment, rfm_segment FROM "hand over"')
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def test_it_arrives_and_stays_up_to_date(self, tables, postgres):
        table = crm_export.assignments(tables)
        for _ in range(2):
            crm_export.to_postgres(table, VARIABLE, "hand over")
            assert self.rows(postgres) == {"aa": (2, "Lost"), "bb": (1, "=Champions"), "cc": (2, "Lost")}
        changed = table[table["customer_id"] != "aa"].assign(segment=7)
        new = pd.DataFrame({"customer_id": ["dd"], "segment": [1], "rfm_segment": [None], "first_channel": ["app"]})
        crm_export.to_postgres(pd.concat([changed, new]), VARIABLE, "hand over")
        assert self.rows(postgres) == {"bb": (7, "=Champions"), "cc": (7, "Lost"), "dd": (1, None)}

    def test_a_refusal_names_no_password(self, tables, postgres, monkeypatch):
        monkeypatch.setenv(VARIABLE, postgres.url(password="secret-password"))
        with pytest.raises(EnvironmentFailed) as refused:
            crm_export.to_postgres(crm_export.assignments(tables), VARIABLE)
        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None
        monkeypatch.delenv(VARIABLE)
        with pytest.raises(ConfigurationError, match=VARIABLE):
            crm_export.to_postgres(crm_export.assignments(tables), VARIABLE)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_nobody_else_reads_what_is_handed_over(tables, tmp_path, ending):
    crm_export.to_file(crm_export.assignments(tables), tmp_path / f"out.{ending}")
    assert (tmp_path / f"out.{ending}").stat().st_mode & 0o777 == 0o600
