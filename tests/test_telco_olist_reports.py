"""Two real companies from the files to the page: what a reader is told equals an independent count.

Nothing of this package takes part in the counting; it starts from the publishers' files with csv and arithmetic.
"""

from __future__ import annotations

import csv
import re
import shutil
import statistics
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from support import Report, command_line, real_data, shipped_dataset, wilson

pytestmark = pytest.mark.xdist_group("telco_olist")

WITHOUT_MONEY = {"canceled", "unavailable"}


def raw(name: str, file: str) -> list[dict[str, str]]:
    with (real_data(name) / f"{file}.csv").open(encoding="utf-8-sig", newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture(scope="module")
def telco(telco_report) -> Report:
    return telco_report


@pytest.fixture(scope="module")
def olist(olist_report) -> Report:
    return olist_report


def test_telco_rows(telco):
    counted = {row["source"]: (row["read"], row["used"]) for row in telco.manifest["rows"]}
    four = dict.fromkeys(("demographics", "location", "services", "churn", "satisfaction"), (7_043, 7_043))
    assert counted == four | {"zip_codes": (1_671, 1_671)}
    assert telco.facts["01"]["customers"] == len(raw("telco", "status"))


@pytest.mark.parametrize(
    ("attribute", "file", "column", "names"),
    [
        ("status", "status", "Customer Status", {"Stayed": "stayed", "Churned": "churned", "Joined": "joined"}),
        ("churn_category", "status", "Churn Category", {}),
        ("payment_method", "services", "Payment Method", {"Mailed Check": "mailed cheque"}),
        ("streaming_tv", "services", "Streaming TV", {}),
    ],
)
def test_telco_shares(telco, attribute, file, column, names):
    counts = Counter(row[column] or "did not leave" for row in raw("telco", file))
    shown, base = telco.values("02", "distributions", attribute), sum(counts.values())
    assert len(shown) == len(counts)
    for value, n in counts.items():
        row = shown.loc[names.get(value, value if value in shown.index else value.lower())]
        assert (row["n"], row["base"]) == (n, base)
        assert tuple(row[["share", "share_low", "share_high"]]) == pytest.approx((n / base, *wilson(n, base)))


def test_telco_reasons_for_leaving(telco):
    counts = Counter(row["Churn Reason"] for row in raw("telco", "status") if row["Churn Reason"])
    shown = telco.values("02", "distributions", "churn_reason")["n"].to_dict()
    assert shown.pop("did not leave") == 5_174
    # Six customers died: too few to be told, and too few to be the only ones of whom no reason is known.
    assert shown == {reason: n for reason, n in counts.items() if n > 12}


def test_telco_satisfaction(telco):
    scores = [int(row["Satisfaction Score"]) for row in raw("telco", "status")]
    (row,) = telco.table("04", "scores").to_dict("records")
    assert (row["n"], row["answers"]) == (7_043, 7_043)
    assert row["mean"] == pytest.approx(statistics.mean(scores))
    boxes = telco.table("04", "score_boxes").set_index("value")["n"]
    assert boxes.to_dict() == {
        "satisfied": sum(score >= 4 for score in scores),
        "neutral": sum(score == 3 for score in scores),
        "dissatisfied": sum(score <= 2 for score in scores),
    }
    by_status = defaultdict(list)
    for given in raw("telco", "status"):
        by_status[given["Customer Status"].lower()].append(int(given["Satisfaction Score"]))
    shown = telco.values("04", "scores_by_group", "status")
    for status, given in by_status.items():
        assert shown.at[status, "n"] == len(given)
        assert shown.at[status, "mean"] == pytest.approx(statistics.mean(given))


def test_telco_zip_codes(telco):
    inhabitants = {row["Zip Code"]: int(row["Population"].replace(",", "")) for row in raw("telco", "population")}
    customers = Counter(row["Zip Code"] for row in raw("telco", "location"))
    shown = telco.table("02", "areas").set_index("area")
    assert set(shown.index) == inhabitants.keys()
    assert shown["population"].to_dict() == inhabitants
    told = shown[shown["n"].fillna(0) > 0]
    assert len(told)
    for area, row in told.iterrows():
        assert row["n"] == customers[area] >= 10
        assert row["rate_raw"] == pytest.approx(row["per"] * customers[area] / inhabitants[area])


def test_telco_who_may_be_lost(telco):
    """Satisfaction was asked after the decision: with it the area would be .993, so it is named and left out."""
    measured = telco.table("07", "churn_quality").set_index("measure")
    assert measured.loc["auc", "figure"] >= 0.90
    assert measured.loc["calibration_error", "figure"] <= 0.02
    assert measured.loc["brier_skill", "figure_low"] > 0.3
    gains = telco.table("07", "churn_gains")
    assert gains["base"].sum() == 7_043
    assert gains["n"].iloc[0] > 600
    assert "tells nearly by itself who was lost" in telco.pages["07"]


def test_telco_groups_of_whom_more_may_be_lost(telco):
    """More of those aged 65 or more leave, so more of them are to be called; the chance fits them as it fits others."""
    table = telco.table("07", "churn_fairness")
    told = {(row.measure, row.value) for row in table[table["claim"].fillna(False)].itertuples()}
    assert ("on the list of whom to call", "65+") in told
    assert not {value for measure, value in told if measure == "lost, beside the chance that was foreseen"}
    assert not {value for _, value in told if value in ("female", "male")}


def test_telco_says_that_purchases_are_not_known(telco):
    assert "no source has orders" in " ".join(telco.limits("00"))
    assert "$" not in " ".join(re.findall(r"<dd>(.*?)</dd>", telco.pages["00"].partition("<article")[0]))


@pytest.fixture(scope="module")
def orders() -> dict[str, dict]:
    people = {row["customer_id"]: row["customer_unique_id"] for row in raw("olist", "customers")}
    found = {}
    for row in raw("olist", "orders"):
        arrived, promised = row["order_delivered_customer_date"], row["order_estimated_delivery_date"]
        state = "not delivered" if not arrived else "late" if arrived > promised else "in time"
        found[row["order_id"]] = {**row, "person": people[row["customer_id"]], "state": state}
    return found


def test_olist_key_figures(olist, orders):
    lines = [row for row in raw("olist", "order_items") if orders[row["order_id"]]["order_status"] not in WITHOUT_MONEY]
    sales, baskets = sum(Decimal(row["price"]) for row in lines), len({row["order_id"] for row in lines})
    for number in ("00", "01", "05"):
        told = olist.facts[number]
        assert (told["customers"], told["orders"]) == (8_016, baskets)
        assert told["spend"] == pytest.approx(float(sales), abs=0.005)
    assert len(orders) == 8_135
    assert f"<dt>Orders</dt><dd>{baskets:,}</dd>" in olist.pages["01"]


def test_olist_stars_by_delivery(olist, orders):
    """The latest answer of each person, of two at the same moment the lower, by the delivery of their first order."""
    latest: dict[str, tuple[str, int]] = {}
    for row in raw("olist", "order_reviews"):
        answer = (row["review_answer_timestamp"], -int(row["review_score"]))
        person = orders[row["order_id"]]["person"]
        latest[person] = max(latest.get(person, ("", 0)), answer)
    by_id = {order["customer_id"]: order["state"] for order in orders.values()}
    state: dict[str, str] = {}
    for row in raw("olist", "customers"):
        state.setdefault(row["customer_unique_id"], by_id[row["customer_id"]])
    scores = defaultdict(list)
    for person, (_, score) in latest.items():
        scores[state[person]].append(-score)
    shown = olist.values("04", "scores_by_group", "delivery")
    assert set(shown.index) == scores.keys()
    for name, given in scores.items():
        assert shown.at[name, "n"] == len(given)
        assert shown.at[name, "mean"] == pytest.approx(statistics.mean(given))
        assert shown.at[name, "claim"]
    assert (
        statistics.mean(scores["not delivered"]) < statistics.mean(scores["late"]) < statistics.mean(scores["in time"])
    )


def test_olist_states(olist):
    names = {row["code"]: row for row in csv.DictReader((Path(__file__).parents[1] / "data/olist/states.csv").open())}
    of_person = {row["customer_unique_id"]: row["customer_state"] for row in raw("olist", "customers")}
    counts = Counter(of_person.values())
    shown = olist.table("02", "areas").set_index("area")["n"]
    assert set(shown.index) == {row["state"] for row in names.values()}
    told = {code: shown[row["state"]] for code, row in names.items() if pd.notna(shown[row["state"]])}
    assert told == {code: counts[code] for code in told}
    assert min(told.values()) >= 10
    matched = olist.table("02", "match_rate").set_index("value")
    assert matched.at["matched", "n"] == len(of_person)


def test_olist_comments_are_portuguese(olist):
    languages = set(olist.table("04", "sentiment_quality")["language"])
    assert "pt" in languages
    assert not languages & {"de", "en"}


def test_what_dataset_yaml_leaves_out_is_told(olist):
    told = olist.table("01", "reconciliation").set_index("source")
    orders = Counter(row["order_status"] for row in raw("olist", "orders"))
    assert told.at["deliveries", "excluded"] == sum(orders.values()) - orders["delivered"]


@pytest.mark.parametrize(("name", "words"), [("telco", "Telco customer churn"), ("olist", "Olist")])
def test_without_its_files_a_run_says_where_they_come_from(name, words, tmp_path):
    shipped_dataset(name, tmp_path)
    done = command_line(tmp_path, "report", name)
    assert done.returncode == 3, done.stderr
    assert "does not exist" in done.stderr
    assert words in done.stderr
    assert "Kaggle" in done.stderr
    assert f"data/{name}/raw" in done.stderr
    assert not (tmp_path / "reports" / name).exists() or not list((tmp_path / "reports" / name).glob("*/index.html"))


def test_a_company_without_one_of_the_files_is_told_which(tmp_path):
    dataset = shipped_dataset("telco", tmp_path)
    for file in ("demographics", "location", "services", "population"):
        shutil.copy(real_data("telco") / f"{file}.csv", dataset.parent / "raw")
    done = command_line(tmp_path, "report", "telco")
    assert (done.returncode, "raw/status.csv" in done.stderr) == (3, True), done.stderr
