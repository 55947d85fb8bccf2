import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from written_company import CUSTOMERS, source

from customer_profiles.cli import main
from customer_profiles.errors import ConfigurationError, InputRejected
from customer_profiles.identity.pseudonyms import pseudonym_key
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.reporting import crm_export
from customer_profiles.tables import Tables


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


def foreseen(p_churn):
    values = {"expected_orders": 2.5, "expected_months": None, "expected_spend": 50.0, "clv": 48.0, "p_alive": 0.9}
    known = {"customer_id": ["bb"], "customer_no": [1], "order_days": [3], **{name: [x] for name, x in values.items()}}
    offer = {"next_offer": "tents", "next_offer_reason": "recent best-sellers"}
    offer |= {"next_offer_after": None, "next_repeat": "boots"}
    known |= {"p_churn": [p_churn], **{name: [x] for name, x in offer.items()}}
    return pd.DataFrame(known | {"foreseen_on": [pd.Timestamp("2025-12-31")]})


def test_what_is_foreseen_goes_with_its_day(tables):
    tables.write("predicted_value", foreseen(0.25))
    table = crm_export.assignments(tables).set_index("customer_id")
    assert list(table)[-len(crm_export.FORESEEN) :] == list(crm_export.FORESEEN)
    assert table.loc["bb", ["next_offer", "next_repeat"]].tolist() == ["tents", "boots"]
    assert table.loc["bb", ["expected_orders", "clv", "p_churn"]].tolist() == [2.5, 48.0, 0.25]
    assert table.loc["bb", "foreseen_on"] == pd.Timestamp("2025-12-31")
    assert table.loc["aa", list(crm_export.FORESEEN)].isna().all()


def test_what_is_foreseen_is_handed_over_without_segments_too(tmp_path):
    tables = Tables(tmp_path / "run")
    tables.write("profile", pd.DataFrame({"customer_id": ["bb"], "customer_no": [1]}))
    tables.write("predicted_value", foreseen(None))
    assert crm_export.assignments(tables)["clv"].tolist() == [48.0]


def test_own_ids_replace_pseudonyms(tables):
    ids = pd.DataFrame({"id": ["0017", "K-2", "K-3"], "customer_id": ["bb", "aa", "aa"]})
    table = crm_export.called(crm_export.assignments(tables), ids)
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


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_nobody_else_reads_what_is_handed_over(tables, tmp_path, ending):
    crm_export.to_file(crm_export.assignments(tables), tmp_path / f"out.{ending}")
    assert (tmp_path / f"out.{ending}").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def whole(tables) -> Tables:
    tables.write("stages", pd.DataFrame({"customer_no": [0, 1, 2], "stage": ["stage_new", "stage_active", None]}))
    worth = pd.DataFrame({"customer_no": [0, 2], "clv": [10.0, 20.5], "p_churn": [0.5, None]})
    tables.write("predicted_value", worth)
    accounts = pd.DataFrame({"pseudonym": ["aa", "a2", "bb", "cc"], "customer_id": ["aa", "aa", "bb", "cc"]})
    tables.write("identities", accounts)
    return tables


def test_the_unified_profile_holds_all_that_is_known_of_each_customer(whole):
    table = crm_export.unified(whole).set_index("customer_id")
    assert table.index.tolist() == ["aa", "bb", "cc"]
    found = {"segment", "rfm_segment", "first_channel", "purpose", "place", "stage", "clv", "p_churn"}
    assert found | {"age"} == set(table)
    assert table["clv"].fillna(-1).tolist() == [10.0, -1, 20.5]


def test_a_run_without_segments_still_has_profiles(tmp_path):
    tables = Tables(tmp_path)
    tables.write("profile", pd.DataFrame({"customer_id": ["aa"], "customer_no": [0], "age": [20], "city": [None]}))
    assert crm_export.unified(tables).to_dict("records") == [{"customer_id": "aa", "age": 20}]


def test_who_objected_by_any_of_their_accounts_is_not_handed_over(whole):
    assert crm_export.allowed(whole, {"a2", "zz"}) == ["bb", "cc"]
    assert crm_export.allowed(whole, set()) == ["aa", "bb", "cc"]


def test_a_layout_names_what_was_found_out_and_no_master_data(whole):
    table, names = (
        crm_export.unified(whole),
        {system: crm_export.layout(system, {}) for system in ("salesforce", "hubspot")},
    )
    laid = crm_export.laid_out(table, names["salesforce"])
    assert laid.columns[0] == "Customer_Profile_Id__c"
    assert all(name.endswith("__c") for name in laid)
    assert "age" not in crm_export.laid_out(table, names["hubspot"])
    for of_system in names.values():
        assert len(set(of_system.values())) == len(of_system)


def test_dataset_yaml_names_the_columns_of_other_systems(company, tmp_path):
    company.write("crm.csv", "id\n" + "".join(f"{i}\n" for i in range(1, 31)))
    own = {"dynamics": {"clv": "cp_value", "first_seen_at": "cp_since", "id": "accountnumber"}}
    dataset = company.dataset(CUSTOMERS, layouts=own)
    tables = Tables(company.folder / "runs" / "20260101T000000Z-abcdef")
    collect(dataset, tables, dataset.as_of, pseudonym_key(dataset))
    tables.write("profile", build_profile(tables, dataset.as_of, {}).assign(first_seen_at=pd.Timestamp("2025-01-01")))
    (company.folder / "runs" / "latest").symlink_to(tables.folder.name)
    given = ["export", str(dataset.file), "--to", str(tmp_path / "out.csv"), "--ids", "customer", "--layout"]
    done = CliRunner().invoke(main, [*given, "dynamics"])
    assert done.exit_code == 0, done.output
    assert "Of the layout dynamics, this run has no value of clv." in done.output
    table = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert table.columns.tolist() == ["cp_since", "accountnumber"]
    assert sorted(table["accountnumber"].astype(int)) == [*range(1, 31)]
    refused = CliRunner().invoke(main, [*given, "dynamic"])
    assert isinstance(refused.exception, ConfigurationError) or refused.exit_code == 2
    assert "known are salesforce, hubspot, dynamics" in refused.output + str(refused.exception)


def test_who_objects_after_the_run_is_left_out_at_the_hand_over(company, tmp_path):
    crm = source(CUSTOMERS, {"consent": "ok"})
    company.write("crm.csv", "id,ok\n" + "".join(f"{i},yes\n" for i in range(1, 31)))
    dataset = company.dataset(crm)
    tables = Tables(company.folder / "runs" / "20260101T000000Z-abcdef")
    collect(dataset, tables, dataset.as_of, pseudonym_key(dataset))
    tables.write("profile", build_profile(tables, dataset.as_of, dataset.attributes()))
    (company.folder / "runs" / "latest").symlink_to(tables.folder.name)
    company.write("crm.csv", "id,ok\n" + "".join(f"{i},{'no' if i == 7 else 'yes'}\n" for i in range(1, 31)))
    for arguments in (["--ids", "customer"], []):
        given = ["export", str(dataset.file), "--what", "profile", "--to", str(tmp_path / "out.csv"), *arguments]
        done = CliRunner().invoke(main, given)
        assert done.exit_code == 0, done.output
        assert "30 customers in the report; 1 of them may not appear any more" in done.output
        handed = pd.read_csv(tmp_path / "out.csv", dtype="str")
        assert len(handed) == 29
        assert not arguments or "7" not in set(handed["id"])
