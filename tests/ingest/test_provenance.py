"""What run.json names is what was read: the hash is that of the parsed bytes, and a file that changes is refused."""

from __future__ import annotations

import hashlib
import os

import pytest
from written_company import CUSTOMERS, ORDERS

from customer_profiles.errors import InputRejected
from customer_profiles.ingest.readers import registry
from customer_profiles.reporting.manifest import sources

PEOPLE = "id\n" + "".join(f"{number}\n" for number in range(1, 41))
SALES = "id;at;amount\n" + "".join(f"{number};2025-05-01;{number}\n" for number in range(1, 41))


@pytest.fixture
def shop(company):
    company.write("crm.csv", PEOPLE)
    company.write("orders.csv", SALES)
    return company


def meddle(monkeypatch, name: str, change) -> None:
    """Let something happen to a file once its first rows have been read."""
    read = registry.READERS["csv"]

    def reading(path, form, needed):
        for chunk in read(path, form, needed):
            yield chunk
            if path.name == name:
                change(path)

    monkeypatch.setitem(registry.READERS, "csv", reading)


def test_the_hash_is_that_of_what_was_read(shop):
    shop.collect(CUSTOMERS, ORDERS)
    read = shop.tables.read("files_read")
    shop.write("orders.csv", SALES.replace("2025", "2024"))
    made = {row["file"]: row for row in sources(shop.dataset(CUSTOMERS, ORDERS), {}, read)}
    assert made["orders.csv"] == {
        "source": "orders",
        "file": "orders.csv",
        "bytes": len(SALES),
        "sha256": hashlib.sha256(SALES.encode()).hexdigest(),
    }
    assert made["crm.csv"]["sha256"] == hashlib.sha256(PEOPLE.encode()).hexdigest()


CHANGES = {
    "rows are added": lambda path: path.write_text(SALES + "1;2025-06-01;7\n"),
    "it is replaced": lambda path: path.with_name("new").write_text(PEOPLE) and path.with_name("new").replace(path),
    "it is removed": lambda path: path.unlink(missing_ok=True),
    "it is changed and changed back": lambda path: os.utime(path, (1, 1)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["crm.csv", "orders.csv"])
def test_a_file_that_changes_is_refused(shop, monkeypatch, name, change):
    meddle(monkeypatch, name, CHANGES[change])
    with pytest.raises(InputRejected, match=rf"^{name} changed while it was read: wait until it is written"):
        shop.collect(CUSTOMERS, ORDERS)


def test_a_file_that_is_still_being_written_is_not_called_damaged(shop, monkeypatch):
    """It is told by the change, not by where the reader stumbled."""

    def cut_off(path):
        path.write_text(SALES[:40])
        raise InputRejected("orders.csv, line 2: a quote is never closed")

    meddle(monkeypatch, "orders.csv", cut_off)
    with pytest.raises(InputRejected, match=r"^orders.csv changed while it was read"):
        shop.collect(CUSTOMERS, ORDERS)


def test_a_change_after_the_last_row_is_nobodys_business(shop, monkeypatch):
    shop.collect(CUSTOMERS, ORDERS)
    shop.write("orders.csv", SALES.replace("2025", "2024"))
    assert len(shop.tables.read("transactions")) == 40
