"""YAML read so that nothing in it can surprise: plain text, no tags, no bombs, no double keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from ...errors import ConfigurationError

# What scalars, lists and mappings are without a tag of their own; the loader tells dates from texts, we do not.
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
}
Lines = dict[tuple[str | int, ...], int]


# An alias (*name) repeats what an anchor (&name) marks; nested, a few lines of them grow to gigabytes.
MOST_PARTS = 20_000

_WORDS = {
    "while scanning a quoted scalar": ("begin", "a quote is opened here and closed nowhere, or followed by more text"),
    "while parsing a flow mapping": ("begin", "a bracket { is opened here and not closed where it should be"),
    "while parsing a flow sequence": ("begin", "a bracket [ is opened here and not closed where it should be"),
    "mapping values are not allowed": (
        "here",
        "a second ': ' in one line, or a wrong indentation; quote a text with ': '",
    ),
    "character '\\t'": ("here", "a tab; indent with blanks"),
    "but found '<block mapping start>'": ("here", "indented otherwise than the lines above it"),
    "but found '<scalar>'": (
        "here",
        "a text goes on behind the quote that closes it: use the other kind of quote around",
    ),
    "but found '-'": ("here", "indented otherwise than the entries of the list above it"),
    "could not find expected ':'": ("begin", "a line without ': ' between a key and its value"),
    "cannot start any token": ("here", "a text that begins with such a sign has to stand in quotes"),
    "undefined alias": ("here", "a text that begins with * has to stand in quotes"),
}
"""Parts of what the parser says to the mark that shows the place, and to words for who writes a dataset.yaml."""


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """Content of a YAML file and the line each part of it stands on.

    Every scalar stays the text that was written: ``01067`` is not an octal number and ``no`` is not false.
    What a text means is decided by the model that reads it. An empty value or ``~`` is None.

    Returns
    -------
    content : dict, list, str or None
    lines : dict
        From the path of a part, e.g. ``("sources", 0, "table")``, to its line, counted from 1.

    Raises
    ------
    ConfigurationError
        If the file is absent or not plain YAML; names file and line.
    """
    try:
        lines: Lines = {}
        content = _plain(yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader), (), lines, path)
        return content, lines
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        raise ConfigurationError(f"{path}, {_said(error)}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply to be a dataset.yaml") from None


def write_yaml(path: Path, header: str, content: dict[str, Any], **style: Any) -> None:
    """Write a file that a person is to edit, whole or not at all."""
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110, **style)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(header + "\n" + text, encoding="utf-8")
    os.replace(beside, path)


def _said(error: yaml.MarkedYAMLError) -> str:
    """The line on which somebody has to look, and what is wrong there."""
    problem, context = error.problem or "", error.context or ""
    for part, (where, words) in _WORDS.items():
        if part in f"{context}: {problem}":
            mark = error.context_mark if where == "begin" else error.problem_mark
            return f"line {mark.line + 1 if mark else 1}: {words}"
    return f"line {error.problem_mark.line + 1 if error.problem_mark else 1}: {problem}"


def _plain(node: yaml.Node | None, at: tuple[str | int, ...], lines: Lines, path: Path) -> Any:
    if node is None:
        return None
    lines[at] = node.start_mark.line + 1
    if len(lines) > MOST_PARTS:
        raise ConfigurationError(f"{path} has more than {MOST_PARTS} parts: do aliases (*name) repeat each other?")
    if node.tag not in _PLAIN_TAGS:
        raise ConfigurationError(f"{path}, line {lines[at]}: tags such as {node.tag!r} are not allowed")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*at, i), lines, path) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Any] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in content:
                raise ConfigurationError(f"{path}, line {line}: {name!r} is given twice")
            content[name] = _plain(value, (*at, name), lines, path)
            lines[(*at, name)] = line
        return content
    written_as_text = isinstance(node, yaml.ScalarNode) and node.style in ("'", '"', "|", ">")
    return node.value if written_as_text or node.tag != "tag:yaml.org,2002:null" else None
