"""Where messages come from, and that German pages are German."""

from __future__ import annotations

import json
import string

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from customer_profiles.messages import GROUP
from customer_profiles.reporting.labels import KINDS
from customer_profiles.reporting.language import LOCALE, Language
from customer_profiles.reporting.markdown import translate_markdown
from tools import messages

MARKDOWN = """# Who they are
reads the profile

First line
second line.

- one
  more
- two

```python
# code stays
```

| a | b |
"""


class Upper(Language):
    """A language in which every message is shouted."""

    def translate(self, message):
        return message.upper()


def placeholders(message):
    return sorted((name, kind) for _, name, kind, _ in string.Formatter().parse(message) if name is not None)


def test_messages_are_found_wherever_they_are_written():
    source = (
        'RULE = N_("Champions")\n'
        'x = Finding("One " "two.", {"n": 1}, test=N_("t-test"), id="02.x")\n'
        'y = messages.Text(message="Three")\n'
        'z = Limit("Four", needs="a source")\n'
        "w = Text(variable)\n"
        'v = Other("not one")\n'
    )
    found = [message for _, message in messages.python_messages(source)]
    assert sorted(found) == sorted(["Champions", "One two.", "t-test", "Three", "Four", "a source"])


def test_prose_is_translated_block_by_block_and_code_is_not():
    assert translate_markdown(MARKDOWN, Upper()) == (
        "# WHO THEY ARE\nREADS THE PROFILE\n\nFIRST LINE SECOND LINE.\n\n- ONE MORE\n- TWO\n\n"
        "```python\n# code stays\n```\n\n| a | b |"
    )


def test_english_prose_keeps_its_words():
    assert translate_markdown("## Head\n\nText", Language("en")) == "## Head\n\nText"


def test_notebooks_give_their_prose_and_the_messages_in_their_code():
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": ["# Title\n", "\n", "A line\n", "goes on"]},
            {"cell_type": "code", "source": '%%needs tickets\nchapter.show_text(Text("Hello {n:count}", {"n": 1}))'},
            {"cell_type": "raw", "source": "nothing"},
        ]
    }
    assert messages.notebook_messages(json.dumps(notebook)) == ["Title", "A line goes on", "Hello {n:count}"]


def test_a_catalogue_keeps_translations_adds_new_and_drops_old(tmp_path):
    path = tmp_path / "de.po"
    first, second = Catalog(), Catalog()
    for catalog, ids in ((first, ["old", "kept {n:count}"]), (second, ["kept {n:count}", "new"])):
        for message in ids:
            catalog.add(message)
    assert messages.update(path, first) == ["old", "kept {n:count}"]
    kept = '"kept {n:count}"\nmsgstr "'
    path.write_text(path.read_text().replace(kept, kept + "behalten {n:count}"))
    assert messages.update(path, second) == ["new"]
    with path.open("rb") as file:
        assert {m.id: m.string for m in read_po(file) if m.id} == {"kept {n:count}": "behalten {n:count}", "new": ""}
    before = path.read_bytes()
    messages.update(path, second)
    assert path.read_bytes() == before


def test_messages_use_formatters_that_exist():
    for message in messages.template():
        if message.id:
            assert {kind for _, kind in placeholders(message.id)} <= {*KINDS, GROUP, ""}, message.id


@pytest.fixture(scope="module")
def german():
    with (LOCALE / "de.po").open("rb") as file:
        return read_po(file, locale="de")


def test_catalogue_is_up_to_date(german):
    wanted = {message.id for message in messages.template() if message.id}
    assert {message.id for message in german if message.id} == wanted, "run `make messages`"


def test_every_message_is_translated(german):
    waiting = [message.id for message in german if message.id and (not message.string or message.fuzzy)]
    assert waiting == []


def test_translations_have_the_placeholders_of_their_message(german):
    for message in german:
        if message.id and message.string:
            assert placeholders(message.string) == placeholders(message.id), message.id
