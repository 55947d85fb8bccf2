"""Olist's orders in full: what a run keeps of them equals a count from the files with nothing but csv."""

from __future__ import annotations

import csv
import math
import statistics
from collections import Counter, defaultdict
from datetime import date

import pandas as pd
import pytest
from support import real_data, shipped_dataset
from written_company import KEY

from customer_profiles.identity.pseudonyms import pseudonym
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.pipeline import collect
from customer_profiles.ingest.profile import build_profile
from customer_profiles.ingest.reading import NOT_WANTED
from customer_profiles.privacy.redaction import redact
from customer_profiles.tables import Tables

pytestmark = pytest.mark.xdist_group("olist")

FILES = ("orders", "order_items", "order_payments", "order_reviews", "customers", "products", "geolocation")
WITHOUT_MONEY = {"canceled", "unavailable"}


@pytest.fixture(scope="module")
def raw():
    folder = real_data("olist")

    def read(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    return {name: read(name) for name in (*FILES, "category_translation")}


@pytest.fixture(scope="module")
def orders(raw):
    """Every order by its id, with its person and whether it came late."""
    people = {row["customer_id"]: row["customer_unique_id"] for row in raw["customers"]}
    found = {}
    for row in raw["orders"]:
        arrived, promised = row["order_delivered_customer_date"], row["order_estimated_delivery_date"]
        late = arrived > promised if arrived else None  # as written, times sort like texts
        found[row["order_id"]] = {**row, "person": people[row["customer_id"]], "late": late}
    return found


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, raw):
    return load_dataset(shipped_dataset("olist", tmp_path_factory.mktemp("olist"), real_data("olist")))


@pytest.fixture(scope="module")
def run(dataset):
    tables = Tables(dataset.folder / "tables")
    collected = collect(dataset, tables, dataset.as_of, KEY)
    profile = build_profile(tables, dataset.as_of, dataset.attributes())
    return collected, tables, profile.set_index("customer_id")


def named(person: str) -> str:
    return pseudonym(KEY, "customer", person)


def test_every_row_is_accounted_for(run, raw, orders):
    counts = run[0].reconciliation.set_index("source")
    read = {"customers": "customers", "order_items": "order_items", "deliveries": "orders", "reviews": "order_reviews"}
    assert counts["read"].drop("states").to_dict() == {source: len(raw[file]) for source, file in read.items()}
    assert (len(raw["orders"]), len(raw["order_reviews"])) == (8_135, 8_225)
    excluded = run[0].exclusions.set_index("source")
    assert set(excluded.reason) == {NOT_WANTED}
    items = sum(orders[row["order_id"]]["order_status"] in WITHOUT_MONEY for row in raw["order_items"])
    assert excluded.n["order_items"] == items == counts.excluded["order_items"]
    assert excluded.n["deliveries"] == sum(row["order_status"] != "delivered" for row in raw["orders"])
    missing = sum(
        row["order_status"] == "delivered" and not row["order_delivered_customer_date"] for row in raw["orders"]
    )
    assert counts.set_aside.to_dict() == dict.fromkeys(counts.index, 0) | {"deliveries": missing}


def test_the_person_is_the_customer_not_the_order(run, raw, orders):
    people = {row["customer_unique_id"] for row in raw["customers"]}
    assert len(people) == 8_016
    assert set(run[2].index) == {named(person) for person in people}
    duplicate = run[0].reconciliation.set_index("source").duplicate["customers"]
    assert duplicate == len(raw["customers"]) - len(people)


def test_orders_and_sales_of_every_person(run, raw, orders):
    prices, bought = defaultdict(list), defaultdict(set)
    for row in raw["order_items"]:
        order = orders[row["order_id"]]
        if order["order_status"] not in WITHOUT_MONEY:
            prices[named(order["person"])].append(float(row["price"]))
            bought[named(order["person"])].add(row["order_id"])
    profile = run[2]
    assert profile.orders[profile.orders > 0].to_dict() == {person: len(ids) for person, ids in bought.items()}
    expected = {person: pytest.approx(math.fsum(amounts), abs=0.005) for person, amounts in prices.items()}
    assert profile.spend[profile.orders > 0].to_dict() == expected


def test_categories_are_in_english(run, raw, orders):
    english = {
        row["product_category_name"]: row["product_category_name_english"] for row in raw["category_translation"]
    }
    of_product = {row["product_id"]: english.get(row["product_category_name"]) for row in raw["products"]}
    expected = Counter(
        of_product[row["product_id"]]
        for row in raw["order_items"]
        if orders[row["order_id"]]["order_status"] not in WITHOUT_MONEY
    )
    found = run[1].read("transactions").category.value_counts(dropna=False)
    assert {name if pd.notna(name) else None: n for name, n in found.items()} == dict(expected)


def test_reviews_of_late_parcels_are_worse(run, raw, orders):
    late = [float(row["review_score"]) for row in raw["order_reviews"] if orders[row["order_id"]]["late"]]
    others = [float(row["review_score"]) for row in raw["order_reviews"] if not orders[row["order_id"]]["late"]]
    assert (len(late), len(others)) == (419, 7_806)
    assert (round(statistics.mean(late), 2), round(statistics.mean(others), 2)) == (2.50, 3.31)
    feedback = run[1].read("feedback")
    came_late = feedback.delivered_late.fillna(False).astype(bool)
    assert feedback.score[came_late].describe()[["count", "mean"]].tolist() == [
        419,
        pytest.approx(statistics.mean(late)),
    ]
    assert feedback.score[~came_late].mean() == pytest.approx(statistics.mean(others))
    unknown = sum(orders[row["order_id"]]["late"] is None for row in raw["order_reviews"])
    assert feedback.delivered_late.isna().sum() == unknown


def test_late_lines_and_late_parcels(run, raw, orders):
    parcels = Counter(
        "late delivery" if order["late"] else "delivery in time"
        for order in orders.values()
        if order["order_status"] == "delivered" and order["late"] is not None
    )
    assert run[1].read("interactions").kind.value_counts().to_dict() == dict(parcels)
    lines = Counter(
        orders[row["order_id"]]["late"]
        for row in raw["order_items"]
        if orders[row["order_id"]]["order_status"] not in WITHOUT_MONEY
    )
    found = run[1].read("transactions").delivered_late
    assert (found.sum(), (~found.dropna()).sum(), found.isna().sum()) == (lines[True], lines[False], lines[None])


def test_delivery_of_a_person_is_that_of_the_order_listed_first(run, raw, orders):
    of_order = {order["customer_id"]: order["late"] for order in orders.values()}
    first: dict[str, bool | None] = {}
    for row in raw["customers"]:
        first.setdefault(named(row["customer_unique_id"]), of_order[row["customer_id"]])
    names = {True: "late", False: "in time", None: "not delivered"}
    assert run[2].delivery.to_dict() == {person: names[late] for person, late in first.items()}


def test_texts_are_whole_and_portuguese(run, raw):
    feedback = run[1].read("feedback")
    assert set(feedback.language) == {"pt"}
    written = [
        " ".join(filter(None, (row["review_comment_title"].strip(), row["review_comment_message"].strip())))
        for row in raw["order_reviews"]
    ]
    assert feedback.text.notna().sum() == sum(map(bool, written))
    assert sorted(feedback.text.dropna()) == sorted(redact(text) for text in written if text)


def test_places_are_medians_of_their_points(run, raw):
    points = defaultdict(list)
    for row in raw["geolocation"]:
        points[row["geolocation_zip_code_prefix"]].append(float(row["geolocation_lat"]))
    latitude = run[2].groupby("postal_code").latitude.first()
    expected = {code: pytest.approx(statistics.median(points[code])) for code in latitude.index if code in points}
    assert latitude.dropna().to_dict() == expected
    assert latitude.dropna().between(-34, 6).all()  # Brazil, although some points of the file are in Europe
    assert max(map(max, points.values())) > 40


def test_states_add_up_to_the_published_population(run):
    areas = run[1].read("areas").set_index("area").population
    assert (len(areas), areas.sum()) == (27, 208_494_900)
    assert run[2].region.isin(areas.index).all()


def test_an_earlier_day_does_not_know_what_came_late_after_it(dataset, orders, tmp_path):
    day = date(2017, 12, 31)
    tables = Tables(tmp_path)
    collect(dataset, tables, day, KEY)
    lines = tables.read("transactions")
    assert lines["at"].max() < pd.Timestamp("2018-01-01")
    arrived = {order: row["order_delivered_customer_date"] for order, row in orders.items()}
    seen = lines.order_id.map(lambda order: bool(arrived[order]) and arrived[order] < "2018-01-01")
    assert lines.delivered_late.notna().tolist() == seen.tolist()
    assert not seen.all()
