"""What the contract asks companies for is read by something: no column is collected for nothing."""

from __future__ import annotations

import ast
import json

import pytest
from support import ROOT

from customer_profiles.analysis.targets import prospects
from customer_profiles.ingest import contract

SOURCE = ROOT / "src" / "customer_profiles"
NO_READER = (
    *("demo", "ingest/init", "ingest/config", "ingest/parsing", "ingest/readers", "ingest/regular"),
    *("ingest/contract.py", "ingest/doubt", "cli.py", "reporting", "viz", "execution"),
)
"""What brings columns in, checks them or shows results, whatever becomes of the columns."""
ALSO_CALLED = {
    "customers": {"profile", "records"},
    "contacts": {"is_contact"},
    "transactions": {"lines", "orders"},
    "interactions": {"touches", "visits"},
    "tickets": {"cases"},
    "feedback": {"answers"},
    "campaigns": {"sent"},
}
"""What code calls the rows of a table, besides by its name."""


def names_of(code: str) -> set[str]:
    """Texts, attributes, variables and parameters."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.Attribute | ast.Name | ast.arg):
            found.add(
                node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else node.arg
            )
    return found


@pytest.fixture(scope="module")
def readers() -> list[set[str]]:
    """Names in each module that does something with tables, and in each notebook."""
    paths = (path for path in SOURCE.rglob("*.py") if not path.relative_to(SOURCE).as_posix().startswith(NO_READER))
    texts = [path.read_text("utf-8") for path in paths]
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts.append("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
    return [names_of(text) for text in texts]


def is_read(table: str, column: str, readers: list[set[str]]) -> bool:
    """Whether code that speaks of the table speaks of the column: many a column is called like something else, too."""
    return any(column in names and names & {table, *ALSO_CALLED.get(table, ())} for names in readers)


def test_every_table_and_column_of_the_contract_is_read_or_check_says_that_it_is_not(readers):
    """Traits are read by what `contract.traits` lists."""
    assert all(is_read(table, table, readers) for table in contract.TABLES)
    left = {
        (table, column)
        for table, fields in contract.TABLES.items()
        for column, field in fields.items()
        if not field.trait and column not in contract.UNREAD.get(table, ()) and not is_read(table, column, readers)
    }
    assert left == set()
    # Of the many pieces of code that have a role of another kind only one reads that of contacts.
    others = [names for names in readers if "_LEVEL_OF_ROLE" not in names]
    assert not is_read("contacts", "role", others)


def test_what_is_said_to_be_unread_takes_no_part():
    assert contract.UNREAD.keys() == {"leads"}
    assert contract.UNREAD["leads"] <= prospects.NOT_KNOWN_THEN & contract.TABLES["leads"].keys()
