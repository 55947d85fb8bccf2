"""The translatable messages of a report: what is in the package, its vocabulary and its notebooks.

``python -m tools.messages`` (``make messages``) collects every message and brings ``locale/<language>.po`` up to date:
new messages appear without translation, dropped ones disappear.
"""

from __future__ import annotations

import ast
import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from customer_profiles import paths
from customer_profiles.reporting.labels import COLUMNS, FIELDS, TERMS, VALUES, VOCABULARY
from customer_profiles.reporting.language import LOCALE
from customer_profiles.reporting.markdown import blocks

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PACKAGE = Path(paths.__file__).parent
# The first argument of these calls is a message, and so are these named ones.
CALLS = ("N_", "Text", "Finding", "Limit")
NAMED = {"Text": ("message",), "Finding": ("message", "test"), "Limit": ("message", "needs")}
MAGIC = re.compile(r"^[%!].*$", re.MULTILINE)  # IPython's commands are not Python
# Without dates in its header a catalogue only changes when its messages do.
EPOCH = datetime(2000, 1, 1)


def python_messages(source: str) -> list[tuple[int, str]]:
    """Messages of a Python module with their lines.

    >>> python_messages('x = N_("One")' + chr(10) + 'y = Text("{n:count} two", {"n": 2})')
    [(1, 'One'), (2, '{n:count} two')]
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        candidates = node.args[:1] if name in CALLS else []
        candidates += [keyword.value for keyword in node.keywords if keyword.arg in NAMED.get(name, ())]
        for value in candidates:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.strip():
                found.append((value.lineno, value.value))
    return sorted(found)


def notebook_messages(source: str) -> list[str]:
    """Messages of a notebook: the blocks of its markdown cells, and those in its code."""
    found = []
    for cell in json.loads(source)["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            found += [words for _, words in blocks(text) if words]
        elif cell["cell_type"] == "code":
            found += [message for _, message in python_messages(MAGIC.sub("", text))]
    return found


def template() -> Catalog:
    """All messages of the package and its notebooks, each with the files it comes from."""
    from babel.messages.catalog import Catalog

    catalog = Catalog(
        project="customer-profiles",
        version="0",
        msgid_bugs_address="none",
        last_translator="none",
        language_team="none",
        creation_date=EPOCH,
        fuzzy=False,
    )
    words = [*(column.label for column in COLUMNS.values()), *VALUES.values(), *TERMS.values(), *FIELDS.values()]
    for message in words:
        catalog.add(message, locations=[(VOCABULARY.relative_to(PACKAGE).as_posix(), 0)])
    for path in sorted(PACKAGE.rglob("*.py")):
        for _, message in python_messages(path.read_text(encoding="utf-8")):
            catalog.add(message, locations=[(path.relative_to(PACKAGE).as_posix(), 0)])
    for path in sorted(paths.notebooks().glob("*.ipynb")):
        for message in notebook_messages(path.read_text(encoding="utf-8")):
            catalog.add(message, locations=[(f"notebooks/{path.name}", 0)])
    return catalog


def update(path: Path, messages: Catalog) -> list[str]:
    """Bring the catalogue of a language up to date.

    Parameters
    ----------
    path : Path
        ``<language>.po``, made if it does not exist.
    messages : Catalog
        As `template` returns it.

    Returns
    -------
    list of str
        Messages that wait for a translation.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    known = Catalog(locale=path.stem)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=path.stem)
    fresh = Catalog(
        locale=path.stem,
        project="customer-profiles",
        version="0",
        msgid_bugs_address="none",
        last_translator="none",
        language_team="none",
        header_comment="# What the reports say. `make messages` adds new messages and drops old ones.",
        creation_date=EPOCH,
        revision_date=EPOCH,
        fuzzy=False,
    )
    for message in messages:
        if message.id:
            old = known.get(message.id)
            fresh.add(message.id, old.string if old else "", message.locations, old.flags if old else ())
    content = io.BytesIO()
    write_po(content, fresh, width=110, include_lineno=False, sort_by_file=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.getvalue())
    return [str(message.id) for message in fresh if message.id and not message.string]


def main() -> None:
    """Update every catalogue and say what is left to translate."""
    messages = template()
    for path in sorted({LOCALE / "de.po", *LOCALE.glob("*.po")}):
        waiting = update(path, messages)
        print(f"{path.name}: {len(messages)} messages, {len(waiting)} without translation")


if __name__ == "__main__":
    main()
