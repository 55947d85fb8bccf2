"""YAML read so that nothing in it can surprise: plain text, no tags, no bombs, no double keys."""

from __future__ import annotations

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
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}, line {line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply to be a dataset.yaml") from None


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
