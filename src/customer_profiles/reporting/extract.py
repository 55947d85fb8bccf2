"""Where the translatable messages of a report are, and how a notebook's prose is translated.

``python -m customer_profiles.reporting.extract`` (``make messages``) collects every message and brings
``locale/<language>.po`` up to date: new messages appear without translation, dropped ones disappear.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .. import paths
from .language import LOCALE, Language

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PACKAGE = Path(__file__).resolve().parents[1]
# The first argument of these calls is a message, and so are these named ones.
CALLS = ("N_", "Text", "Finding", "Limit")
NAMED = {"Text": ("message",), "Finding": ("message", "test"), "Limit": ("message", "needs")}
FENCE = re.compile(r"^\s*(```|~~~)")
MARKER = re.compile(r"^(\s*(?:#{1,6}|[-*+]|\d+[.)]|>)\s+)(.*)$")
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


def blocks(markdown: str) -> Iterator[tuple[str, str]]:
    """Split markdown into what is translated as one piece.

    Yields
    ------
    marker, text : str
        Sign at the start (``"## "``, ``"- "``) and the words of a heading, paragraph or list item on one line; code
        blocks, table rows and empty lines come as a marker without words.

    >>> list(blocks("# Who" + chr(10) + "they are" + chr(10) + chr(10) + "- one" + chr(10) + "  two"))
    [('# ', 'Who'), ('', 'they are'), ('', ''), ('- ', 'one two')]
    """
    words: list[str] = []
    marker, fenced = "", False
    for line in markdown.splitlines():
        start = MARKER.match(line)
        literal = fenced or FENCE.match(line) or line.lstrip().startswith("|")
        if words and (literal or start or not line.strip() or marker.lstrip().startswith("#")):
            yield marker, " ".join(words)
            marker, words = "", []
        if FENCE.match(line):
            fenced = not fenced
        if literal:
            yield line, ""
        elif start:
            marker, words = start[1], [start[2].strip()]
        elif line.strip():
            words.append(line.strip())
        else:
            yield "", ""
    if words:
        yield marker, " ".join(words)


def translate_markdown(source: str, language: Language) -> str:
    """A notebook's markdown in another language, block by block; blocks without translation stay English."""
    return "\n".join(marker + language.translate(text) if text else marker for marker, text in blocks(source))


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
