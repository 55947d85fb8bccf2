"""How `init` finds the key between two files: by what their cells have in common, whatever the columns are called."""

from __future__ import annotations

import pytest
from own_exports import DAY, PEOPLE, PERSON, ROWS, Folder


@pytest.fixture
def exports(tmp_path):
    return Folder(tmp_path).add("customers.csv", PERSON, PEOPLE)


GOODS = [[f"ART-{n:03}", ["Tents", "Boots", "Maps"][n % 3]] for n in range(12)]


def lines(*more):
    """An order of each person of one article, with further cells."""
    return [[f"B{n}", f"{DAY:%Y-%m-%d}", PEOPLE[n][0], GOODS[n % 12][0], f"{n}.50", *more] for n in range(ROWS)]


@pytest.mark.parametrize(
    ("mine", "theirs", "category"),
    [("ware", "Schlüssel", "Warengruppe"), ("what", "id", "Category"), ("Posten", "Code", "Sortiment")],
)
def test_files_meet_by_their_values(exports, mine, theirs, category):
    exports.add("orders.csv", ["Order Number", "Order Date", "Customer Id", mine, "Amount"], lines())
    exports.add("goods.csv", [theirs, category], GOODS)
    source = exports.init()[0]["orders.csv"]
    assert source["lookups"] == [{"path": "raw/goods.csv", "on": {mine: theirs}, "take": [category]}]
    assert source["columns"]["category"] == category
    assert "Warnings" not in exports.check().output


def test_a_small_number_meets_the_file_that_it_names(exports):
    bought = [[*row[:3], n % 12 + 1, row[4]] for n, row in enumerate(lines())]
    exports.add("orders.csv", ["Order Number", "Order Date", "Customer Id", "product_id", "Amount"], bought)
    numbered = [[n + 1, GOODS[n][1]] for n in range(12)]
    exports.add("a_stores.csv", ["id", "Category"], numbered)
    exports.add("products.csv", ["id", "Category"], numbered)
    source = exports.init()[0]["orders.csv"]
    assert [lookup["path"] for lookup in source["lookups"]] == ["raw/products.csv"]


def test_names_of_persons_are_no_keys(exports):
    """The file of customers has no name twice, but two persons may be called so."""
    cases = [[n, f"{DAY:%Y-%m-%d}", PEOPLE[n][2], "It broke after two days, and nobody answers"] for n in range(ROWS)]
    exports.add("tickets.csv", ["Ticket", "Created at", "Reported by", "Description"], cases)
    sources, _ = exports.init()
    assert "tickets.csv" not in sources


def test_a_column_that_both_files_have_is_taken_under_another_name(exports):
    """The order's own "Category" is always the same; that of its article tells something."""
    columns = ["Order Number", "Order Date", "Customer Id", "Article", "Amount", "Category"]
    exports.add("orders.csv", columns, lines("goods"))
    exports.add("goods.csv", ["Article", "Category"], GOODS)
    source = exports.init()[0]["orders.csv"]
    assert source["columns"]["category"] == "goods_Category"
    assert source["lookups"][0]["prefix"] == "goods_"
    said = exports.check()
    assert (said.exit_code, "Warnings" in said.output) == (0, False)
