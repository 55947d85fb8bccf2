"""Pains of two real companies equal an independent count of the publishers' files.

Nothing of this package takes part in the counting. Chapters are not run: their functions are, on what is collected.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from support import real_data, shipped_dataset

from customer_profiles.analysis.demographics import audience
from customer_profiles.analysis.pain_points import costs, observations, prevalence
from customer_profiles.analysis.pain_points.observations import Evidence
from customer_profiles.ingest.config.dataset import Dataset, load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.tables import Tables

pytestmark = pytest.mark.xdist_group("real pains")

KEY = b"a key for tests, 32 bytes long.."


@cache
def raw(name: str, file: str) -> tuple[dict[str, str], ...]:
    with (real_data(name) / f"{file}.csv").open(encoding="utf-8-sig", newline="") as rows:
        return tuple(csv.DictReader(rows))


def company(home: Path, name: str, reasons: dict) -> tuple[Dataset, pd.DataFrame, Evidence]:
    """Profile and evidence of a real company."""
    dataset = load_dataset(shipped_dataset(name, home, real_data(name)))
    (home / "run").mkdir()
    tables = Tables(home / "run")
    collect(dataset, tables, dataset.as_of, KEY)
    profile = build_profile(tables, dataset.as_of, dataset.attributes())
    sources = {table: tables.read(table) for table in observations.TABLES if tables.has(table)}
    return dataset, profile, observations.gather(sources, profile, dataset.as_of, reasons=reasons)


@pytest.fixture(scope="module")
def olist(tmp_path_factory) -> tuple[Dataset, pd.DataFrame, Evidence]:
    return company(tmp_path_factory.mktemp("olist"), "olist", {})


@pytest.fixture(scope="module")
def telco(tmp_path_factory) -> tuple[Dataset, pd.DataFrame, Evidence]:
    return company(tmp_path_factory.mktemp("telco"), "telco", {"churn_reason": "did not leave"})


def low_scores(evidence: Evidence, profile: pd.DataFrame) -> pd.DataFrame:
    """How often each pain goes with a low score, of customers who are alike in what the chapter takes."""
    table = costs.costs(evidence, profile, profile[costs.covariates(profile)], {}, date(2020, 1, 1)).frame
    return table[table["outcome"] == "low_score"]


def katz(hit: int, of: int, rest: int, of_rest: int) -> tuple[float, float, float]:
    """Ratio of two shares and its interval (Katz et al. 1978)."""
    ratio, error = hit / of / (rest / of_rest), math.sqrt(1 / hit - 1 / of + 1 / rest - 1 / of_rest)
    return ratio, ratio * math.exp(-1.959964 * error), ratio * math.exp(1.959964 * error)


@pytest.fixture(scope="module")
def parcels() -> tuple[dict[str, bool], dict[str, int]]:
    """Of each person, whether the latest parcel came late, and the stars of the latest review (of two the fewer)."""
    person = {row["customer_id"]: row["customer_unique_id"] for row in raw("olist", "customers")}
    orders = {row["order_id"]: row for row in raw("olist", "orders")}
    late: dict[str, tuple[str, bool]] = {}
    for row in orders.values():
        arrived = row["order_delivered_customer_date"]
        if row["order_status"] == "delivered" and arrived:
            came = (arrived, arrived > row["order_estimated_delivery_date"])
            late[person[row["customer_id"]]] = max(late.get(person[row["customer_id"]], ("", False)), came)
    stars: dict[str, tuple[str, int]] = {}
    for row in raw("olist", "order_reviews"):
        who = person[orders[row["order_id"]]["customer_id"]]
        answer = (row["review_answer_timestamp"], -int(row["review_score"]))
        stars[who] = max(stars.get(who, ("", 0)), answer)
    return {who: hit for who, (_, hit) in late.items()}, {who: -score for who, (_, score) in stars.items()}


def test_late_delivery_ranks_first_with_the_ratio_of_low_scores(olist, parcels):
    _, profile, evidence = olist
    late, stars = parcels
    counts = Counter((hit, stars[who] <= 2) for who, hit in late.items() if who in stars)
    of, of_rest = counts[True, True] + counts[True, False], counts[False, True] + counts[False, False]
    first = costs.low_scores(low_scores(evidence, profile)).frame.iloc[0]
    assert first["pain"] == "late_delivery"
    assert (first["n"], first["base"], first["n_rest"], first["base_rest"]) == (
        *(counts[True, True], of),
        *(counts[False, True], of_rest),
    )
    expected = katz(counts[True, True], of, counts[False, True], of_rest)
    assert tuple(first[["ratio", "ratio_low", "ratio_high"]]) == pytest.approx(expected, rel=1e-6)


def test_the_adjusted_ratio_is_that_of_a_regression_written_another_way(olist):
    """Poisson regression with robust errors by statsmodels, with a column for every region."""
    import statsmodels.formula.api as smf
    from statsmodels.genmod.families import Poisson

    _, profile, evidence = olist
    pains = evidence.occasions.drop_duplicates("customer_no", keep="last").set_index("customer_no")["hit"]
    table = profile.assign(late=profile["customer_no"].map(pains)).dropna(subset=["late", "stars_score"])
    everywhere = profile["region"].value_counts()
    table = pd.DataFrame(
        {
            "low": (table["stars_score"] <= 2).astype(int),
            "late": table["late"].astype(int),
            "region": table["region"].where(table["region"].map(everywhere) >= costs.MIN_LEVEL, "rare"),
        }
    )
    fitted = smf.glm("low ~ late + C(region)", table, family=Poisson()).fit(cov_type="HC0")
    small = math.sqrt(len(table) / (len(table) - len(fitted.params)))
    middle, error = fitted.params["late"], fitted.bse["late"] * small
    expected = [math.exp(middle + z * error) for z in (0, -1.959964, 1.959964)]
    row = low_scores(evidence, profile).iloc[0]
    assert row[["ratio", "ratio_low", "ratio_high"]].tolist() == pytest.approx(expected, rel=1e-4)
    assert row["e_limit"] == pytest.approx(expected[1] + math.sqrt(expected[1] * (expected[1] - 1)), rel=1e-4)
    assert row["claim"]


def test_the_order_s_delivery_is_no_group_that_late_delivery_hits(olist):
    dataset, profile, evidence = olist
    groups = [*audience.groups(profile, list(dataset.attributes())), "tenure_days"]
    table = prevalence.by_group(evidence, profile, groups).frame
    assert "delivery" in groups
    assert "delivery" not in set(table["attribute"])
    assert "region" in set(table["attribute"])


def reasons_by(column: str, file: str, bands: dict[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """Reason and group of everybody who left."""
    group = {row["Customer ID"]: row[column] for row in raw("telco", file)}
    for row in raw("telco", "status"):
        if row["Churn Reason"]:
            yield row["Churn Reason"], (bands or {}).get(group[row["Customer ID"]], group[row["Customer ID"]])


def test_reasons_for_leaving_are_those_of_the_file(telco):
    _, profile, evidence = telco
    counts = Counter(row["Churn Reason"] for row in raw("telco", "status") if row["Churn Reason"])
    del counts["Don't know"]
    pains = evidence.pains.groupby(["evidence", "pain"], as_index=False)
    affected = pains.agg(n=("customer_no", "size"), times=("n", "sum"))
    table = prevalence.prevalence(affected, evidence, pd.DataFrame(), len(profile)).frame
    assert dict(zip(table["pain"], table["n"], strict=True)) == counts
    assert table["n"].tolist()[:3] == [313, 311, 220]
    assert table["pain"].tolist()[:3] == [
        "Competitor had better devices",
        "Competitor made better offer",
        "Attitude of support person",
    ]
    assert set(table["base"]) == {7_043}


def age_band(years: str) -> str:
    for below, name in ((25, "18–24"), (35, "25–34"), (45, "35–44"), (55, "45–54"), (65, "55–64")):
        if int(years) < below:
            return name
    return "65+"


CONTRACTS = {"Month-to-Month": "month to month", "One Year": "one year", "Two Year": "two years"}


@pytest.mark.parametrize(
    ("attribute", "column", "file", "named", "claims"),
    [
        ("contract", "Contract", "services", CONTRACTS.get, False),  # it goes with leaving, and not with the reason
        ("age_band", "Age", "demographics", age_band, True),
        ("tenure_months", "Tenure in Months", "services", None, True),
    ],
)
def test_reasons_for_leaving_by_group(telco, attribute, column, file, named, claims):
    dataset, profile, evidence = telco
    divided = profile.drop(columns="churn_reason")
    assert attribute in [*audience.groups(divided, list(dataset.attributes())), "tenure_days"]
    table = prevalence.by_group(evidence, divided, [attribute]).frame
    if named is None:  # bands as the table names them
        bands = sorted(table["value"].unique(), key=lambda name: int("".join(filter(str.isdigit, name.split("–")[0]))))
        edges = [int("".join(filter(str.isdigit, name.split("–")[0]))) for name in bands[1:]]
        assert bands[0] == f"< {edges[0]}"

        def named(months: str) -> str:
            return bands[sum(int(months) >= edge for edge in edges)]

    counts = Counter((reason, named(value)) for reason, value in reasons_by(column, file))
    sizes = Counter(value for (reason, value), n in counts.items() if reason != "Don't know" for _ in range(n))
    assert sum(sizes.values()) < 1_869  # of those who left, who say why
    assert set(table["among"]) == {prevalence.WHO_STATE_ONE}
    for row in table.itertuples():
        assert (row.n, row.base) == (counts[row.pain, row.value], sizes[row.value])
        if row.n and row.n_rest:
            ratio = katz(row.n, row.base, row.n_rest, row.base_rest)
            assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx(ratio, rel=1e-6)
    assert table["claim"].any() == claims


def test_what_only_renames_a_reason_is_no_group(telco):
    _, profile, evidence = telco
    table = prevalence.by_group(evidence, profile, ["status", "churn_category", "contract"]).frame
    assert set(table["attribute"]) == {"contract"}
