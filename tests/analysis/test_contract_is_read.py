"""What the contract asks companies for is read by something: no column is collected for nothing."""

from __future__ import annotations

import ast
import json

from support import ROOT

from customer_profiles.ingest import contract

SOURCE = ROOT / "src" / "customer_profiles"
TAKES_IN = (
    "demo",
    "ingest/init",
    "ingest/config",
    "ingest/parsing",
    "ingest/readers",
    "ingest/regular",
    "ingest/contract.py",
)
"""What brings columns in, whatever becomes of them."""


def read_names() -> set[str]:
    """Strings and attributes in the code that does something with tables, and in the notebooks."""
    texts = [
        path.read_text("utf-8")
        for path in SOURCE.rglob("*.py")
        if not path.relative_to(SOURCE).as_posix().startswith(TAKES_IN)
    ]
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    found: set[str] = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
    return found


def test_every_table_and_column_of_the_contract_is_read():
    """Traits are read by what `contract.traits` lists."""
    names = read_names()
    assert set(contract.TABLES) - names == set()
    left = {
        f"{table}.{column}"
        for table, fields in contract.TABLES.items()
        for column, field in fields.items()
        if not field.trait and column not in names
    }
    assert left == set()
