"""Exports in a folder of their own: people, and whatever a test writes beside them."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import yaml
from click.testing import CliRunner

import customer_profiles as cp
from customer_profiles.cli import main

ROWS = 60
PEOPLE = [[f"C{1000 + n}", f"Ada{n % 9}", f"Auental{n}", f"ada.{n}@example.org"] for n in range(ROWS)]
PERSON = ["customer_id", "first_name", "last_name", "email"]
DAY = datetime(2025, 1, 3, 10, 15)


class Folder:
    """Exports in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "raw").mkdir()

    def add(self, name, heading, rows):
        with (self.folder / "raw" / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([heading, *rows])
        return self

    def init(self):
        """The sources of the proposal by the name of their file, and the proposal."""
        proposal = cp.init(self.folder)
        self.content = yaml.safe_load(proposal.text)
        return {source["path"].removeprefix("raw/"): source for source in self.content["sources"]}, proposal

    def check(self):
        return CliRunner().invoke(main, ["check", str(self.folder / "dataset.yaml")])


def orders(columns, lines=1):
    """Order lines of the people: number, day, address and whatever `columns` say of an order and its line."""
    return [
        [f"B{n}", f"{DAY + timedelta(days=n):%Y-%m-%d %H:%M}", PEOPLE[n % ROWS][3], *columns(n, line)]
        for n in range(ROWS)
        for line in range(lines)
    ]


ORDER = ["Order Number", "Order Date", "Email"]
