"""Two real companies from the files to the page: what a reader is told equals an independent count.

Nothing of this package takes part in the counting; it starts from the publishers' files with csv and arithmetic.
"""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
import statistics
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from support import command_line, real_data, shipped_dataset

pytestmark = pytest.mark.xdist_group("telco_olist")

PAGES = {
    "00": "index.html",
    "01": "01_collect_data.html",
    "02": "02_find_demographics.html",
    "03": "03_analyse_pain_points.html",
    "04": "04_analyse_feedback.html",
    "05": "05_segment_customers.html",
}
WITHOUT_MONEY = {"canceled", "unavailable"}


def raw(name: str, file: str) -> list[dict[str, str]]:
    with (real_data(name) / f"{file}.csv").open(encoding="utf-8-sig", newline="") as rows:
        return list(csv.DictReader(rows))


class Report:
    """A published report and the run behind it."""

    def __init__(self, home: Path, name: str):
        self.folder = home / "reports" / name / "latest"
        run = home / "data" / name / "runs" / "latest"
        self.pages = {number: (self.folder / page).read_text(encoding="utf-8") for number, page in PAGES.items()}
        self.facts = {number: json.loads((run / "chapters" / number / "facts.json").read_text()) for number in PAGES}

    def rows(self, number: str, table: str) -> list[dict[str, str]]:
        """A published table as a reader sees it, with the part that is folded away; cells by heading."""
        block = self.pages[number].partition(f'id="table-{table}"')[2]
        block = block.partition('class="shown"')[0]
        cells = [
            [visible(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
            for row in re.findall(r"<tr>(.*?)</tr>", block, re.S)
        ]
        header = cells[0]
        return [dict(zip(header, row, strict=True)) for row in cells[1:] if row != header]

    def values(self, number: str, table: str, attribute: str) -> dict[str, dict[str, str]]:
        """Rows of a table about one attribute, by its value."""
        return {row["Value"]: row for row in self.rows(number, table) if row["Attribute"] == attribute}


def visible(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rounded(value: float, places: int) -> str:
    """A number with fixed places, halves away from zero."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}"


def percent(n: int, base: int) -> str:
    return f"{(Decimal(n) * 100 / Decimal(base)).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def made(tmp_path_factory, name: str) -> Report:
    home = tmp_path_factory.mktemp(name)
    shipped_dataset(name, home, real_data(name))
    done = command_line(home, "report", name)
    assert done.returncode == 0, done.stderr
    return Report(home, name)


@pytest.fixture(scope="module")
def telco(tmp_path_factory) -> Report:
    return made(tmp_path_factory, "telco")


@pytest.fixture(scope="module")
def olist(tmp_path_factory) -> Report:
    return made(tmp_path_factory, "olist")


@pytest.fixture(params=["telco", "olist"])
def report(request) -> Report:
    return request.getfixturevalue(request.param)


def test_telco_rows(telco):
    counted = {
        row["source"]: (row["read"], row["used"]) for row in json.loads((telco.folder / "run.json").read_text())["rows"]
    }
    four = dict.fromkeys(("demographics", "location", "services", "churn", "satisfaction"), (7_043, 7_043))
    assert counted == four | {"zip_codes": (1_671, 1_671)}
    assert telco.facts["01"]["customers"] == len(raw("telco", "status"))


@pytest.mark.parametrize(
    ("attribute", "file", "column", "names"),
    [
        ("Status", "status", "Customer Status", {"Stayed": "stayed", "Churned": "churned", "Joined": "joined"}),
        ("Why they left", "status", "Churn Category", {}),
        ("Payment", "services", "Payment Method", {"Mailed Check": "mailed cheque", "Credit Card": "credit card"}),
        ("Streams TV", "services", "Streaming TV", {"Yes": "yes", "No": "no"}),
    ],
)
def test_telco_shares_on_the_page(telco, attribute, file, column, names):
    counts = Counter(row[column] or "did not leave" for row in raw("telco", file))
    shown = telco.values("02", "distributions", attribute)
    assert len(shown) == len(counts)
    for value, n in counts.items():
        cells = shown[names.get(value, value if value in shown else value.lower())]
        assert cells["Number (n)"] == f"{n:,}"
        assert cells["Share (95% interval)"].startswith(percent(n, sum(counts.values())))


def test_telco_reasons_for_leaving(telco):
    counts = Counter(row["Churn Reason"] for row in raw("telco", "status") if row["Churn Reason"])
    shown = telco.values("02", "distributions", "Reason for leaving")
    assert shown.pop("did not leave")["Number (n)"] == "5,174"
    assert shown.keys() == counts.keys()
    told = {reason: cells["Number (n)"] for reason, cells in shown.items() if cells["Number (n)"] != "–"}
    assert told == {reason: str(counts[reason]) for reason in told}
    assert [told[reason] for reason, _ in counts.most_common(3)] == ["313", "311", "220"]
    # A reason that fewer than ten gave is hidden, and never alone: it could be computed from the others.
    hidden = shown.keys() - told.keys()
    assert {reason for reason, n in counts.items() if n < 10} <= hidden
    assert len(hidden) != 1


def test_telco_satisfaction(telco):
    scores = [int(row["Satisfaction Score"]) for row in raw("telco", "status")]
    (row,) = telco.rows("04", "scores")
    assert (row["Number (n)"], row["Answers"]) == ("7,043", "7,043")
    assert row["Mean (95% interval)"].startswith(rounded(statistics.mean(scores), 2))
    boxes = (
        sum(score >= 4 for score in scores),
        sum(score == 3 for score in scores),
        sum(score <= 2 for score in scores),
    )
    assert tuple(row[f"{name} answers"] for name in ("Good", "Middling", "Poor")) == tuple(f"{n:,}" for n in boxes)
    by_status = defaultdict(list)
    for given in raw("telco", "status"):
        by_status[given["Customer Status"].lower()].append(int(given["Satisfaction Score"]))
    shown = telco.values("04", "scores_by_group", "Status")
    for status, given in by_status.items():
        assert shown[status]["Number (n)"] == f"{len(given):,}"
        assert shown[status]["Mean (95% interval)"].startswith(rounded(statistics.mean(given), 2))


def test_telco_zip_codes(telco):
    inhabitants = {row["Zip Code"]: int(row["Population"].replace(",", "")) for row in raw("telco", "population")}
    customers = Counter(row["Zip Code"] for row in raw("telco", "location"))
    shown = {row["Area"]: row for row in telco.rows("02", "areas")}
    assert shown.keys() == inhabitants.keys()
    told = {area for area, row in shown.items() if row["Number (n)"] not in ("–", "0")}
    assert told
    for area in told:
        n, people = customers[area], inhabitants[area]
        assert n >= 10
        assert (shown[area]["Number (n)"], shown[area]["Inhabitants"]) == (f"{n:,}", f"{people:,}")
        per = int(shown[area]["Per inhabitants"].replace(",", ""))
        assert float(shown[area]["Rate before shrinkage"]) == pytest.approx(per * n / people, rel=0.006)


def test_telco_says_that_purchases_are_not_known(telco):
    needs = " ".join(visible(item) for item in re.findall(r'<ul class="limits">(.*?)</ul>', telco.pages["00"], re.S))
    assert "no source has orders" in needs
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
    assert f"<dt>Orders</dt><dd>{baskets:,}</dd>" in olist.pages["00"]


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
    shown = olist.values("04", "scores_by_group", "Delivery of the order")
    assert shown.keys() == scores.keys()
    for name, given in scores.items():
        assert shown[name]["Number (n)"] == f"{len(given):,}"
        assert shown[name]["Mean (95% interval)"].startswith(rounded(statistics.mean(given), 2))
        assert shown[name]["Difference established"] == "yes"
    assert (
        statistics.mean(scores["not delivered"]) < statistics.mean(scores["late"]) < statistics.mean(scores["in time"])
    )


def test_olist_states(olist):
    names = {row["code"]: row for row in csv.DictReader((Path(__file__).parents[1] / "data/olist/states.csv").open())}
    of_person = {row["customer_unique_id"]: row["customer_state"] for row in raw("olist", "customers")}
    counts = Counter(of_person.values())
    shown = {row["Area"]: row for row in olist.rows("02", "areas")}
    assert shown.keys() == {row["state"] for row in names.values()}
    for code, row in names.items():
        cell = shown[row["state"]]["Number (n)"]
        assert cell == (f"{counts[code]:,}" if cell != "–" else "–")
        assert cell == "–" or counts[code] >= 10
    matched = next(row for row in olist.rows("02", "match_rate") if row["Value"] == "matched")
    assert matched["Number (n)"] == f"{len(of_person):,}"


def test_olist_comments_are_portuguese(olist):
    languages = {row["Language"] for row in olist.rows("04", "sentiment_quality")}
    assert "Portuguese" in languages
    assert not languages & {"German", "English"}


def test_what_dataset_yaml_leaves_out_is_told(olist):
    excluded = {row["Source"]: row["Excluded"] for row in olist.rows("01", "reconciliation")}
    orders = Counter(row["order_status"] for row in raw("olist", "orders"))
    assert excluded["deliveries"] == f"{sum(orders.values()) - orders['delivered']:,}"


@pytest.mark.parametrize("number", PAGES)
def test_no_section_is_broken(report, number):
    page = report.pages[number]
    body = page[page.index("<article") if "<article" in page else 0 : page.index('<section class="about"')]
    text = visible(body)
    for trace in ("Traceback", "Error:", "None", "nan", "NaT", "{", "}", "<NA>"):
        assert trace not in text.split(), trace
    named = re.findall(r"the data hold no “(.*?)”", text)
    variables = [
        name for name in named if re.fullmatch(r"[a-z]+(_[a-z]+)*", name) and name not in ("events", "touchpoints")
    ]
    assert not variables, named
    assert not re.search(r"<tbody>\s*</tbody>", body)
    # "a median of 1 against 1" says nothing.
    assert not re.search(r"median ([\d.,]+) against \1 ", text)


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
