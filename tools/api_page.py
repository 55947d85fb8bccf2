"""docs/api.md: what code may call – the front door, results and charts – from the docstrings.

``python -m tools.api_page`` (``make messages``) writes it; a test tells when it is old.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from customer_profiles import front_door, paths, viz
from customer_profiles.results import Result

HEAD = """\
# The package from Python

A published run in two lines; after them every table, every finding and every question of the report is at hand. Written
by `make messages` from the docstrings.

```python
import customer_profiles as cp

data = cp.load("demo")
```
"""
OF_QUESTIONS = """\
Each question returns a result: its table in `.frame`, what may be said of it in `.sentences()`. Asked without
arguments, it gives the table that the run has published. `data.show(result, chart)` draws it, small groups hidden.
"""
OF_RESULTS = """\
What every question returns, and every function of `customer_profiles.analysis` that a notebook shows. These methods
choose what a chart draws; the table behind it stays whole.
"""
OF_CHARTS = """\
`from customer_profiles import viz`, then `data.show(result, viz.bars, x="share", y="value")`, or in a notebook of the
report `chapter.panel(result, viz.bars, x="share", y="value")`. Any other `chart(frame, ax, **columns)` works as well.
"""
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
ENTRY = re.compile(r"^(\S.*?)(?: : (.*))?$")


def page() -> str:
    """The whole page, in Markdown."""
    described = [name for name, _ in _public(front_door.Data)]
    parts = [
        HEAD,
        "## Opening a run\n",
        entry("cp.load", front_door.load),
        entry("Data", front_door.Data),
        *(entry(f"data.{name}", getattr(front_door.Data, name)) for name in described),
        "## Questions\n",
        OF_QUESTIONS,
        *(entry(f"data.{name}", method) for name, method in _public(front_door.Questions)),
        "## Results\n",
        OF_RESULTS,
        entry("Result", Result),
        entry("result.sentences", front_door.Answer.sentences),
        *(
            entry(f"{'Result' if inspect.ismethod(method) else 'result'}.{name}", method)
            for name, method in _public(Result)
        ),
        "## Charts\n",
        OF_CHARTS,
        *(entry(f"viz.{name}", chart) for name, chart in charts()),
    ]
    return "\n".join(parts)


def charts() -> Iterator[tuple[str, Callable[..., object]]]:
    """The charts of `viz`: functions of a frame and axes."""
    for name, value in vars(viz).items():
        if inspect.isfunction(value) and list(inspect.signature(value).parameters)[:2] == ["frame", "ax"]:
            yield name, value


def entry(name: str, what: Any) -> str:
    """One heading with what the docstring of a function or class says.

    Parameters
    ----------
    name : str
        As it is called.
    what : callable
        With a docstring in numpy's style. A class is not called by those who read this, so its heading has no
        parameters.
    """
    prose, sections = parts_of(re.sub("``", "`", inspect.getdoc(what) or ""))
    lines = [f"### `{name}{'' if inspect.isclass(what) else _signature(what)}`\n", prose, ""]
    for title in ("Parameters", "Attributes", "Returns", "Raises"):
        if title in sections:
            lines += [f"**{title}**\n", *_entries(sections[title]), ""]
    if example := sections.get("Examples"):
        code = [line for line in example.splitlines() if line.startswith((">>>", "..."))]
        code = [line[4:].partition("  # doctest:")[0] for line in code if line.strip() != "..."]
        lines += ["```python", *code, "```", ""]
    return "\n".join(lines)


def parts_of(docstring: str) -> tuple[str, dict[str, str]]:
    """Prose and sections of a docstring.

    >>> parts_of("Says." + chr(10) * 2 + "Returns" + chr(10) + "-------" + chr(10) + "str")
    ('Says.', {'Returns': 'str'})
    """
    prose, *rest = SECTION.split(docstring)
    return prose.strip(), {title: body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}


def _public(owner: type) -> Iterator[tuple[str, Any]]:
    """Methods that a class defines itself, in their order."""
    defined = {name: value for each in owner.__bases__ for name, value in vars(each).items()}
    for name, value in (defined | dict(vars(owner))).items():
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, classmethod)):
            yield name, getattr(owner, name)


def _signature(function: Callable[..., object]) -> str:
    """Parameters and their defaults, without types: those stand below.

    >>> _signature(parts_of)
    '(docstring)'
    """
    signature = inspect.signature(function)
    kept = [each.replace(annotation=each.empty) for name, each in signature.parameters.items() if name != "self"]
    return str(signature.replace(parameters=kept, return_annotation=signature.empty))


def _entries(section: str) -> Iterator[str]:
    """A list: each entry with its type, and below it what it means."""
    for line in section.splitlines():
        if line.startswith(" "):
            yield f"  {line.strip()}"
        elif line.strip():
            found = ENTRY.match(line)
            assert found is not None, line
            name, kind = found.groups()
            yield f"* `{name}`" + (f" ({kind})" if kind else "")


def path() -> Path:
    """Where the page stands."""
    return paths.notebooks().parent / "docs" / "api.md"


def main() -> None:
    """Write the page."""
    path().write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
