"""What `check` warns of, each with the line that mends it."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

from customer_profiles.cli import main

PEOPLE = 120


class Shop:
    """Customers and orders in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.people = [f"{number:06}" for number in range(1, PEOPLE + 1)]
        self.orders = [(one, "2025-01-31", f"{n % 90 + 5}.5", f"B{n}") for n, one in enumerate(self.people * 2)]
        self.columns = ["id", "at", "amount", "order"]
        self.source = {
            "name": "shop",
            "system": "shop",
            "path": "orders.csv",
            "table": "transactions",
            "columns": {"customer_id": "id", "at": "at", "amount": "amount", "order_id": "order"},
        }
        self.more: list[dict] = []
        self.heading = "id"
        self.crm = {"name": "crm", "system": "crm", "path": "customers.csv", "table": "customers"}
        self.crm["columns"] = {"customer_id": "id"}

    def check(self, *options):
        """What the command says."""
        (self.folder / "customers.csv").write_text(f"{self.heading}\n" + "".join(f"{one}\n" for one in self.people))
        lines = [",".join(self.columns), *(",".join(row) for row in self.orders)]
        (self.folder / "orders.csv").write_text("\n".join(lines) + "\n")
        content = {
            "name": "shop",
            "title": "Shop",
            "as_of": "2025-06-30",
            "sources": [self.crm, self.source, *self.more],
        }
        file = self.folder / "dataset.yaml"
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return CliRunner().invoke(main, ["check", str(file), *options])


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_nothing_to_warn_of(shop):
    said = shop.check("--strict")
    assert (said.exit_code, "Warnings" in said.output, "nobody reads" in said.output) == (0, False, False)


def test_columns_that_are_filled_and_read_by_no_analysis_are_named(shop):
    (shop.folder / "prospects.csv").write_text("no,came,state,town,origin\n1,2025-01-02,open,Ulm,web\n")
    columns = {"lead_id": "no", "at": "came", "status": "state", "city": "town", "region": "town"}
    leads = {"name": "leads", "system": "crm", "path": "prospects.csv", "table": "leads", "columns": columns}
    shop.more = [leads | {"attributes": {"lead_origin": {"column": "origin"}}}]
    assert "prospects.csv: state\n" in shop.check().output  # the town is read as the region


@pytest.mark.parametrize(
    ("people", "orders", "mend"),
    [
        (str.strip, lambda one: one.lstrip("0"), "{column: id, pad: 6}"),
        (lambda one: f"k{one}", lambda one: f"K{one}", "{column: id, lower: true}"),
        (lambda one: f"A{one}xyz", lambda one: f"A{one}", "{column: id, cut: 7}"),
        (str.strip, lambda one: f"{one}.0", "{column: id, replace: {\\.0$: ''}}"),
        (lambda one: one.lstrip("0"), str.strip, "{column: id, replace: {'^0+(?=.)': ''}}"),
        (lambda one: f"C{one}", lambda one: f"cust_{one}", "{column: id, replace: {^cust_: C}}"),
        (lambda one: f"AB-{one}", lambda one: f"AB{one}", "{column: id, replace: {'[^0-9A-Za-z]': ''}} in both"),
        (str.strip, lambda one: f"X-{one}-Y", "only 0% of its 120 customers are known"),
    ],
)
def test_ids_that_do_not_meet(shop, people, orders, mend):
    shop.orders = [(orders(row[0]), *row[1:]) for row in shop.orders]
    shop.people = [people(one) for one in shop.people]
    assert mend in shop.check().output


def test_one_customer_with_a_large_part_of_the_rows(shop):
    shop.orders += [("000007", "2025-02-01", "9.5", f"G{n}") for n in range(200)]
    said = shop.check()
    assert "of its rows have one and the same customer_id" in said.output
    assert said.exit_code == 0
    assert shop.check("--strict").exit_code == 3


def test_conditions_and_codes_that_meet_nothing(shop):
    shop.columns.append("state")
    shop.orders = [(*row, "Paid") for row in shop.orders]
    shop.source["where"] = {"state": ["paid"]}
    shop.source["columns"]["channel"] = {"column": "state", "values": {"x": "web"}}
    said = shop.check().output
    assert "no row has one of the values that 'where' asks for in 'state': write [Paid]" in said
    assert "none of the codes under 'values' of 'channel'" in said


def test_lookups_that_find_nothing(shop):
    (shop.folder / "goods.csv").write_text("order,kind\nZ1,boots\nZ2,tents\n")
    shop.source["lookups"] = [{"path": "goods.csv", "on": {"order": "order"}, "take": ["kind"]}]
    shop.source["columns"]["category"] = "kind"
    assert "the lookup in goods.csv finds nothing" in shop.check().output


def test_amounts_of_several_currencies(shop):
    shop.columns.append("Currency")
    shop.orders = [(*row, ("EUR", "JPY")[n % 2]) for n, row in enumerate(shop.orders)]
    said = shop.check().output
    assert "amounts are in EUR, JPY as 'Currency' says" in said
    assert "orders.csv: Currency" in said


def test_equal_order_lines(shop):
    shop.orders += shop.orders[:5]
    assert "5 order lines are equal to an earlier one in every cell" in shop.check().output


@pytest.mark.parametrize(
    ("column", "cells", "mend"),
    [
        ("type", ["sale", "refund"], "{column: amount, times: {type: {refund: -1, sale: 1}}}"),
        ("S/H", ["S", "H"], "{column: amount, times: {S/H: {H: -1, S: 1}}}"),
        ("Refunded Amount", ["0", "2.5"], "{sum: [amount, {column: Refunded Amount, factor: -1}]}"),
        ("whatever", ["usd", "eur"], "{column: amount, times: {whatever: {eur: 1.0, usd: RATE}}}"),
        ("status", ["completed", "cancelled"], "where: {status: [completed]}"),
        ("state", ["paid", "refunded"], "{column: amount, times: {state: {paid: 1, refunded: 0}}}"),
        ("note", ["a", "b"], ""),
    ],
)
def test_what_a_column_that_nobody_reads_says_of_amounts(shop, column, cells, mend):
    shop.columns.append(column)
    shop.orders = [(*row, cells[n % 5 == 0]) for n, row in enumerate(shop.orders)]
    said = shop.check().output
    assert mend in said
    assert ("Warnings" in said) == bool(mend)


def test_refunds_that_are_read_already_are_not_taken_off_twice(shop):
    shop.columns += ["Refunded Amount", "status"]
    shop.orders = [
        (*row, ("0", "2.5")[n % 5 == 0], ("paid", "refunded")[n % 5 == 0]) for n, row in enumerate(shop.orders)
    ]
    shop.source["columns"]["amount"] = {"sum": ["amount", {"column": "Refunded Amount", "factor": -1}]}
    assert "Warnings" not in shop.check().output


def test_a_price_of_one_piece(shop):
    shop.columns = ["id", "at", "Einzelpreis", "order", "Menge"]
    shop.orders = [(*row, str(n % 3 + 1)) for n, row in enumerate(shop.orders)]
    shop.source["columns"]["amount"] = "Einzelpreis"
    assert "write amount: {product: [Einzelpreis, Menge]}" in shop.check().output


def test_totals_that_each_line_of_an_order_repeats(shop):
    shop.columns.append("item")
    lines = enumerate(shop.orders)
    shop.orders = [(one, at, f"{n + 5}.5", f"B{n}", item) for n, (one, at, _, _) in lines for item in "ab"]
    assert "add once: {order: [amount]}" in shop.check().output
    shop.source["once"] = {"order": ["amount"]}
    assert "Warnings" not in shop.check().output


def test_what_only_the_first_line_of_an_order_says(shop):
    shop.orders = [
        row
        for n, (one, *rest, order) in enumerate(shop.orders)
        for row in ((one, *rest, order), ("", "", f"{n}", order))
    ]
    assert "at, id stand only on the first line of an order: add fill_down: {order: [at, id]}" in shop.check().output


def test_former_ids_that_a_column_lists(shop):
    shop.orders = [("9" + one[1:], *rest) if n % 3 == 0 else (one, *rest) for n, (one, *rest) in enumerate(shop.orders)]
    shop.people = [f"{one},9{one[1:]};8{one[1:]}" for one in shop.people]
    shop.heading = "id,Merged"
    assert "have ids that 'Merged' of source 'crm' lists; write there merged_ids: Merged" in shop.check().output


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["hiking;climbing", "hiking"], "{interests: {column: likes, each: [hiking, climbing]}}"),
        (["hiking", "climbing"], ""),
    ],
)
def test_lists_in_a_cell(shop, cells, said):
    shop.heading, shop.crm["columns"] = "id,likes", {"customer_id": "id", "interests": "likes"}
    shop.people = [f"{one},{cells[n % 2]}" for n, one in enumerate(shop.people)]
    assert said in (told := shop.check().output)
    assert ("Warnings" in told) == bool(said)


def test_codes_that_are_lost(shop):
    shop.heading, shop.crm["columns"] = (
        "id,sex",
        {"customer_id": "id", "gender": {"column": "sex", "values": {"m": "male"}}},
    )
    shop.people = [f"{one},{'mw'[n % 2]}" for n, one in enumerate(shop.people)]
    assert "60 of 120 values of 'gender' are not among the declared ones" in shop.check().output


@pytest.mark.parametrize(
    ("metric", "answers", "refused"),
    [
        ("nps", range(1, 12), "answers go from 1 to 11, but their scale from 0 to 10"),
        ("csat", range(11), "answers go from 0 to 10, but their scale from 1 to 5"),
        ("nps", [*range(11), 99], ""),
        ("nps", range(11), ""),
    ],
)
def test_answers_on_another_scale_are_refused(shop, metric, answers, refused):
    answers = list(answers)
    rows = "".join(f"{one},2025-03-01,{answers[n % len(answers)]}\n" for n, one in enumerate(shop.people))
    (shop.folder / "nps.csv").write_text(f"id,at,score\n{rows}")
    columns = {"customer_id": "id", "at": "at", "score": "score", "metric": {"value": metric}}
    shop.more = [{"name": "nps", "system": "nps_ces", "path": "nps.csv", "table": "feedback", "columns": columns}]
    said = shop.check()
    assert said.exit_code == (3 if refused else 0)
    assert refused in said.output


@pytest.mark.parametrize(
    ("first", "rows"),
    [
        ("Response ID,Where?\n{ImportId},{ImportId}", 2),
        ("Kundennummer,Alter in Jahren", 1),
        ("000999,unknown", 0),
    ],
)
def test_rows_that_explain_the_columns_are_no_customers(shop, first, rows):
    shop.heading = "id,age"
    shop.people = [
        *first.replace("{", '"{""').replace("}", '"": ""x""}"').split("\n"),
        *(f"{one},44" for one in shop.people),
    ]
    said = shop.check()
    assert (said.exit_code, "explains the columns" in said.output) == ((3, True) if rows else (0, False))
    if rows:
        shop.crm["units_row"] = rows
        assert shop.check().exit_code == 0
