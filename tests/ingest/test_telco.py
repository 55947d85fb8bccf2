"""IBM's telco sample in full: what a run keeps of it equals a count from the five files with nothing but csv."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from support import real_data, shipped_dataset
from written_company import KEY

from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

pytestmark = pytest.mark.xdist_group("telco")

INTERNET = {"None": "no internet", "Fiber Optic": "fibre", "DSL": "DSL", "Cable": "cable"}
CONTRACT = {"Month-to-Month": "month to month", "One Year": "one year", "Two Year": "two years"}


@pytest.fixture(scope="module")
def raw():
    folder = real_data("telco")

    def read(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return {name: read(name) for name in ("demographics", "location", "services", "status", "population")}


@pytest.fixture(scope="module")
def run(tmp_path_factory, raw):
    home = tmp_path_factory.mktemp("telco")
    dataset = load_dataset(shipped_dataset("telco", home, real_data("telco")))
    tables = Tables(home / "tables")
    collected = collect(dataset, tables, dataset.as_of, KEY)
    profile = build_profile(tables, dataset.as_of, dataset.attributes())
    return collected, tables, profile.set_index("customer_id")


def by_customer(rows: list[dict[str, str]], column: str) -> dict[str, str]:
    """From the pseudonym of a customer to a cell of theirs."""
    return {pseudonym(KEY, "customer", row["Customer ID"]): row[column] for row in rows}


def test_every_row_is_used(run, raw):
    files = {"churn": "status", "satisfaction": "status", "zip_codes": "population"}
    counts = run[0].reconciliation.set_index("source")
    for source, row in counts.iterrows():
        assert row["read"] == row["used"] == len(raw[files.get(source, source)]), source
    assert counts["read"].sum() == 5 * 7_043 + 1_671


def test_one_profile_per_customer_though_four_files_know_them(run, raw):
    profile = run[2]
    assert len(profile) == 7_043
    assert set(profile.index) == set(by_customer(raw["status"], "Customer ID"))


def test_a_quarter_has_left_and_the_reasons_are_theirs(run, raw):
    profile = run[2]
    assert (profile.status == "churned").sum() == sum(row["Churn Value"] == "1" for row in raw["status"]) == 1_869
    reasons = Counter(row["Churn Reason"] for row in raw["status"] if row["Churn Reason"])
    assert [n for _, n in reasons.most_common(3)] == [313, 311, 220]
    assert profile.churn_reason.value_counts().to_dict() == dict(reasons) | {"did not leave": 7_043 - 1_869}
    assert ((profile.churn_reason != "did not leave") == (profile.status == "churned")).all()


def test_satisfaction(run, raw):
    feedback = run[1].read("feedback")
    counts = Counter(float(row["Satisfaction Score"]) for row in raw["status"])
    assert [counts[score] for score in (1, 2, 3, 4, 5)] == [922, 518, 2_665, 1_789, 1_149]
    assert feedback.score.value_counts().to_dict() == dict(counts)
    assert set(feedback.metric) == {"csat"}
    given = {name: float(score) for name, score in by_customer(raw["status"], "Satisfaction Score").items()}
    assert run[2].csat_score.to_dict() == given


@pytest.mark.parametrize(
    ("column", "file", "given", "meant"),
    [
        ("age", "demographics", "Age", int),
        ("gender", "demographics", "Gender", str.lower),
        ("marital_status", "demographics", "Married", {"Yes": "married", "No": "not married"}.get),
        ("dependents", "demographics", "Number of Dependents", lambda n: n if int(n) < 4 else "4+"),
        ("postal_code", "location", "Zip Code", str),
        ("latitude", "location", "Latitude", float),
        ("contract", "services", "Contract", CONTRACT.get),
        ("internet_type", "services", "Internet Type", INTERNET.get),
        ("streaming_tv", "services", "Streaming TV", str),
        ("tenure_months", "services", "Tenure in Months", float),
        ("monthly_charge", "services", "Monthly Charge", float),
        ("total_revenue", "services", "Total Revenue", float),
    ],
)
def test_each_customer_has_their_own_values(run, raw, column, file, given, meant):
    expected = {name: meant(cell) for name, cell in by_customer(raw[file], given).items()}
    assert run[2][column].to_dict() == expected


def test_charges_are_no_purchases_and_predictions_no_facts(run):
    _, tables, profile = run
    assert not tables.has("transactions")
    assert not {"spend", "orders", "cltv", "churn_score"} & set(profile)


def test_inhabitants_of_every_zip_code(run, raw):
    areas = run[1].read("areas").set_index("area").population
    assert areas.to_dict() == {row["Zip Code"]: int(row["Population"].replace(",", "")) for row in raw["population"]}
    assert run[2].postal_code.isin(areas.index).all()
