"""Small files that are hard, as systems export them: each gives its right value, or a refusal with a remedy."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support import ROOT

from customer_profiles.errors import ConfigurationError, InputRejected
from customer_profiles.ingest.config.dataset import load_dataset
from customer_profiles.ingest.config.yaml_file import read_yaml
from customer_profiles.ingest.doubts import doubts
from customer_profiles.ingest.pipeline import collect
from customer_profiles.tables import Tables

CASES = ROOT.parent / "shared" / "cases"
KEY = b"a key of thirty-two bytes, no more"


class Case:
    """A data set of its own in a temporary folder."""

    def __init__(self, name: str, folder: Path):
        if not (CASES / name).is_dir():
            reason = f"needs the case {name} in {CASES}"
            pytest.fail(reason) if os.environ.get("CUSTOMER_PROFILES_NO_SKIP") else pytest.skip(reason)
        (folder / "raw").symlink_to(CASES / name / "raw")
        self.content, _ = read_yaml(CASES / name / "dataset.yaml")
        self.folder, self.name = folder, name

    def source(self, name: str) -> dict:
        """A source, to be described otherwise."""
        return next(source for source in self.content["sources"] if source["name"] == name)

    def collect(self):
        """Read it all."""
        file = self.folder / "dataset.yaml"
        file.write_text(yaml.safe_dump(self.content, sort_keys=False, allow_unicode=True), encoding="utf-8")
        self.tables = Tables(self.folder / "run")
        self.dataset = load_dataset(file)
        return collect(self.dataset, self.tables, self.dataset.as_of or date(2025, 6, 30), KEY)

    def doubts(self) -> list[str]:
        """What `check` warns of."""
        collected = self.collect()
        return doubts(self.dataset, collected)

    def revenue(self) -> float:
        """Sum of all amounts."""
        return round(float(self.tables.read("transactions")["amount"].sum()), 2)

    def count(self, table: str) -> int:
        """Rows of a table."""
        return len(self.tables.read(table))


@pytest.fixture
def case(tmp_path):
    return lambda name: Case(name, tmp_path)


def test_minus_behind_the_number(case):
    it = case("02-sap-trailing-minus")
    it.collect()
    assert it.revenue() == 1098031.56
    assert (it.tables.read("transactions")["amount"] < 0).sum() == 86


def test_rows_that_explain_the_columns(case):
    it = case("05-qualtrics-panel-as-customers")
    with pytest.raises(InputRejected, match="add 'units_row: 2'"):
        it.collect()
    it.source("panel")["units_row"] = 2
    it.collect()
    assert it.count("customers") == 240


def test_second_header_row_and_columns_without_a_name(case):
    it = case("06-surveymonkey-two-headers")
    it.collect()
    scores = it.tables.read("feedback")["score"]
    assert (len(scores), round(scores.mean(), 3)) == (182, 7.615)


def test_order_fields_on_the_first_line_only(case):
    it = case("07-shopify-orders")
    it.source("shop")["fill_down"] = {"Name": ["Email", "Created at"]}
    it.source("shop")["columns"]["amount"] = {"product": ["Lineitem price", "Lineitem quantity"]}
    it.collect()
    orders = it.tables.read("transactions")
    assert (orders["order_id"].nunique(), len(orders), it.revenue()) == (771, 1364, 133582.05)


def test_merged_ids_belong_to_the_customer_they_became(case):
    it = case("08-hubspot-multiselect")
    crm = it.source("crm")
    crm["merged_ids"] = "Merged object IDs"
    del crm["columns"]["interests"]
    crm["attributes"] = {"interests": {"column": "Interests", "each": ["Hiking", "Biking", "Climbing", "Skiing"]}}
    it.collect()
    assert (it.count("customers"), it.count("transactions")) == (240, 771)
    cells = pd.read_csv(CASES / it.name / "raw" / "hubspot.csv")["Interests"].fillna("")
    assert it.tables.read("customers")["interests_hiking"].sum() == cells.str.contains("Hiking").sum() > 0


def test_ids_of_fifteen_and_eighteen_characters(case):
    it = case("09-salesforce-15-18")
    it.source("accounts")["columns"]["customer_id"] = {"column": "Id", "cut": 15}
    it.source("orders")["columns"]["customer_id"] = {"column": "Account ID", "cut": 15}
    it.collect()
    orders = it.tables.read("transactions")
    assert (it.count("customers"), orders["customer_id"].nunique() <= 240) == (240, True)


def test_offset_from_greenwich(case):
    it = case("10-google-forms-gmt")
    it.collect()
    answers = it.tables.read("feedback")
    assert (len(answers), it.count("customers")) == (182, 240)
    assert str(answers["at"].min().date()) >= "2024-06-30"


def test_column_of_an_index(case):
    it = case("12-pandas-index-column")
    it.collect()
    assert it.count("customers") == 240


def test_zeros_in_front_are_put_back(case):
    it = case("15-leading-zeros-lost")
    it.source("shop")["columns"]["customer_id"] = {"column": "id", "pad": 6}
    it.collect()
    assert it.count("customers") == 240


def test_ids_in_lower_case(case):
    it = case("16-ids-differ-in-case")
    for source in ("crm", "shop"):
        it.source(source)["columns"]["customer_id"] = {"column": "id", "lower": True}
    it.collect()
    assert it.count("customers") == 240


def test_refunds_in_a_column_of_their_own(case):
    it = case("17-refund-column-positive")
    it.collect()
    assert it.revenue() == 100064.38


def test_seconds_since_1970_and_cents(case):
    it = case("19-stripe-minor-units")
    for source in it.content["sources"][1:]:
        source["datetime"] = "unix"
    it.collect()
    assert it.revenue() == 107890.6


def test_named_values_in_a_list(case):
    it = case("20-zendesk-custom-fields")
    it.collect()
    tickets = it.tables.read("tickets")
    assert (len(tickets), tickets["category"].notna().sum()) == (240, 240)


def test_lists_in_json(case):
    it = case("20b-json-list-includes")
    it.collect()
    customers = it.tables.read("customers")
    assert (customers["vip"].sum(), customers["returns"].sum()) == (120, 240)


def test_purposes_in_json(case):
    it = case("20c-json-list-consent")
    it.collect()
    assert it.count("customers") == 180


def test_days_without_a_year_are_refused(case):
    with pytest.raises(Exception, match="'%d%m' has no year"):
        case("23-datev-extf").collect()


def test_days_of_one_year_with_their_sign_in_another_column(case):
    it = case("23-datev-extf")
    datev = it.source("datev")
    del datev["where"]
    signs = {"Soll/Haben-Kennzeichen": {"S": 1, "H": -1}}
    datev["columns"]["at"] |= {"year": 2024}
    datev["columns"]["amount"] = {"column": datev["columns"]["amount"], "times": signs}
    it.collect()
    assert it.revenue() == 88683.86
    assert set(it.tables.read("transactions")["at"].dt.year) == {2024}


def test_amounts_of_several_currencies(case):
    it = case("58-currency-column-not-read")
    amount = it.source("shop")["columns"]["amount"]
    it.source("shop")["columns"]["amount"] = {"column": amount, "times": {"currency": {"EUR": 1, "JPY": 0.006}}}
    it.collect()
    raw = pd.read_csv(CASES / it.name / "raw" / "orders.csv")
    assert it.revenue() == pytest.approx((raw[amount] * raw["currency"].map({"EUR": 1, "JPY": 0.006})).sum(), abs=0.01)


WORDS = {
    "05-qualtrics-panel-as-customers": "units_row: 2",
    "07-shopify-orders": "write what each line costs",
    "08-hubspot-multiselect": "merged_ids: Merged object IDs",
    "09-salesforce-15-18": "cut: 15",
    "15-leading-zeros-lost": "pad: 6",
    "16-ids-differ-in-case": "lower: true",
    "19-stripe-minor-units": "datetime: unix",
    "23-datev-extf": "year: 2025",
    "31-identical-order-lines": "duplicates: keep",
    "42-as-of-before-data": "none of its 771 rows",
    "50-where-hides-total-failure": "datetime: unix",
    "53-mysql-backslash-export": "escape",
    "58-currency-column-not-read": "times: {currency",
    "60-where-never-true": "write [Paid]",
}
RIGHT = (
    *("01-few-distinct-comments", "02-sap-trailing-minus", "06-surveymonkey-two-headers", "10-google-forms-gmt"),
    *("12-pandas-index-column", "17-refund-column-positive", "20-zendesk-custom-fields", "20b-json-list-includes"),
    *("20c-json-list-consent", "30-negative-and-zero-spend", "32-unicode-minus-and-blanks", "40-customers-009"),
    *("41-all-identical", "41b-few-tickets", "57-price-times-quantity", "canned_comments", "leads_crash"),
    "nbd_no_segments",
)


@pytest.mark.parametrize("name", [*WORDS, *RIGHT])
def test_no_case_is_wrong_without_a_word(case, name):
    it = case(name)
    try:
        told = "; ".join(it.doubts())
    except (InputRejected, ConfigurationError) as refusal:
        told = str(refusal)
    assert WORDS.get(name, "") in told
    assert bool(told) == (name in WORDS)


def test_amounts_below_zero(case):
    it = case("30-negative-and-zero-spend")
    it.collect()
    assert it.revenue() == -2265.76


def test_equal_order_lines(case):
    it = case("31-identical-order-lines")
    it.source("shop")["duplicates"] = "keep"
    it.collect()
    assert (it.count("transactions"), it.revenue()) == (1150, 11385.0)


def test_minus_and_blanks_of_typesetters(case):
    it = case("32-unicode-minus-and-blanks")
    it.collect()
    assert it.revenue() == 1168495.56


def test_a_condition_does_not_hide_that_no_row_fits(case):
    with pytest.raises(InputRejected, match=r"none of \d+ rows fits .*unix"):
        case("50-where-hides-total-failure").collect()


def test_quotes_behind_a_backslash(case):
    it = case("53-mysql-backslash-export")
    with pytest.raises(InputRejected, match="escape"):
        it.collect()
    it.source("nps")["escape"] = "\\"
    it.collect()
    assert it.count("feedback") == 182


def test_price_times_quantity(case):
    it = case("57-price-times-quantity")
    it.collect()
    assert it.revenue() == 195237.75
