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

    def check(self, *options):
        """What the command says."""
        (self.folder / "customers.csv").write_text("id\n" + "".join(f"{one}\n" for one in self.people))
        lines = [",".join(self.columns), *(",".join(row) for row in self.orders)]
        (self.folder / "orders.csv").write_text("\n".join(lines) + "\n")
        crm = {"name": "crm", "system": "crm", "path": "customers.csv", "table": "customers"}
        crm["columns"] = {"customer_id": "id"}
        content = {"name": "shop", "title": "Shop", "as_of": "2025-06-30", "sources": [crm, self.source, *self.more]}
        file = self.folder / "dataset.yaml"
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return CliRunner().invoke(main, ["check", str(file), *options])


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_nothing_to_warn_of(shop):
    said = shop.check("--strict")
    assert (said.exit_code, "Warnings" in said.output, "nobody reads" in said.output) == (0, False, False)


@pytest.mark.parametrize(
    ("people", "orders", "mend"),
    [
        (str.strip, lambda one: one.lstrip("0"), "{column: id, pad: 6}"),
        (lambda one: f"k{one}", lambda one: f"K{one}", "{column: id, lower: true}"),
        (lambda one: f"A{one}xyz", lambda one: f"A{one}", "{column: id, cut: 7}"),
        (str.strip, lambda one: f"{one}.0", "ids end in .0"),
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


def test_a_scale_that_is_moved_by_one(shop):
    rows = "".join(f"{one},2025-03-01,{n % 11 + 1}\n" for n, one in enumerate(shop.people))
    (shop.folder / "nps.csv").write_text(f"id,at,score\n{rows}")
    columns = {"customer_id": "id", "at": "at", "score": "score", "metric": {"value": "nps"}}
    shop.more = [{"name": "nps", "system": "nps_ces", "path": "nps.csv", "table": "feedback", "columns": columns}]
    assert "a Net Promoter Score ends at 10" in shop.check().output
