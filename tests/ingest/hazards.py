"""What the tests of damaged files share: a run of tiny sources, and the promise that no damaged value is shown."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from written_company import CUSTOMERS, ORDERS, Company

from customer_profiles.errors import ProfileError

SRC = Path(__file__).parents[2] / "src"
# What a refusal may take: half of it is the interpreter with pandas and pyarrow.
MOST_MEGABYTES = 300
COLUMNS = ["row", "column", "reason"]


def set_aside(collected) -> list[list]:
    """Row, column and reason of every row set aside."""
    return collected.set_aside[COLUMNS].to_numpy().tolist()


def hides(collected, *values: str) -> None:
    """Assert that no table about the run shows one of the values."""
    for name, table in vars(collected).items():
        if name != "dialects":
            shown = table.to_csv(index=False)
            assert not [value for value in values if value and value in shown], name


def refused(company: Company, *sources: dict, match: str, hidden: tuple[str, ...] = (), **keys) -> str:
    """Assert that a run is refused with a message that shows no value; returns the message."""
    with pytest.raises(ProfileError) as error:
        company.collect(*sources, **keys)
    message = str(error.value)
    assert re.search(match, message), message
    assert not [value for value in hidden if value in message], message
    return message


def crm(company: Company, content: str | bytes, columns: dict | None = None, **keys) -> dict:
    """A source of customers with this content."""
    company.write("crm.csv", content)
    return {**CUSTOMERS, "columns": {**CUSTOMERS["columns"], **(columns or {})}, **keys}


def orders(company: Company, content: str | bytes, columns: dict | None = None, **keys) -> dict:
    """A source of order lines with this content."""
    company.write("orders.csv", content)
    return {**ORDERS, "columns": {**ORDERS["columns"], **(columns or {})}, **keys}


def customers_of(company: Company, *fields: str) -> list[list]:
    """Cells of the customers' table."""
    return company.tables.read("customers")[list(fields)].astype("object").to_numpy().tolist()


def amounts(company: Company) -> list[float]:
    """Amounts of the order lines, in the order of the file."""
    return company.tables.read("transactions").amount.tolist()


def detected(collected, source: str | None = None) -> dict[str, str]:
    """What was told from the files, by property."""
    table = collected.dialects
    mine = table[(table.how == "detected") & ((table.source == source) if source else True)]
    return dict(zip(mine.property, mine.value, strict=True))


def megabytes_of_refusal(dataset: Path) -> tuple[str, float]:
    """Message and largest memory of a process that collects a data set which is refused."""
    program = f"""
        import re, tempfile
        from datetime import date
        from pathlib import Path
        from customer_profiles.ingest.config.dataset import load_dataset
        from customer_profiles.ingest.pipeline import collect
        from customer_profiles.errors import ProfileError
        from customer_profiles.tables import Tables
        try:
            collect(load_dataset({str(dataset)!r}), Tables(Path(tempfile.mkdtemp())), date(2025, 12, 31), b"k" * 32)
        except ProfileError as error:
            # not getrusage: on Linux its peak includes that of the process that started this one
            status = Path("/proc/self/status").read_text()
            print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={"PYTHONPATH": str(SRC), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    size, _, message = done.stdout.partition("\n")
    return message, float(size)
