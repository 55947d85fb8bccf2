"""notebooks/README.md: per notebook its question, what it reads and writes, and its parameters, from the notebooks.

``python -m tools.notebooks_page`` (``make messages``) writes it; a test tells when it is old.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from customer_profiles import paths
from customer_profiles.chapters import CHAPTERS, ChapterSpec
from customer_profiles.params import Params

HEAD = """\
# Notebooks

Each numbered notebook is a chapter of the report. They run in the order of what they read; a report runs them all, two
at a time. Written by `make messages` from the notebooks themselves.

* **In JupyterLab**: `make lab` opens them on a finished run of the demo company. A notebook opened by hand works in
  `data/<dataset>/runs/interactive` and reads from the last published run what it has not made itself; what does not fit
  (another day, another dataset.yaml, older tables) is refused with the command to run.
* **One by papermill**: `papermill notebooks/02_find_demographics.ipynb out.ipynb -p dataset demo -p min_base 100`.
* **One page of the report**: `customer-profiles report demo --only 02`; **all**: `make report DATASET=demo`.
* **Your own**: copy `template.ipynb` and read `docs/extending.md`.

Every notebook has the parameters `dataset`, `as_of`, `language`, `run_folder` and `seed`; below are the others.
"""
FOOT = """\
## one_customer

What is known of one customer, for a conversation; never part of a report (`customer-profiles brief`).

## template

A chapter to copy, with a step in pandas, a chart of its own and the cells that every chapter has.
"""


def page() -> str:
    """The whole page."""
    parts = [section(spec) for _, spec in sorted(CHAPTERS.items())]
    return "\n".join([HEAD, *parts, FOOT])


def section(spec: ChapterSpec) -> str:
    """One notebook: question, what it reads and writes, its own parameters."""
    cells = json.loads(spec.notebook.read_text(encoding="utf-8"))["cells"]
    prose = "".join(cells[0]["source"])
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    question = re.search(r"^\*(.+)\*$", prose, re.MULTILINE)
    own = {name: field for name, field in spec.params.model_fields.items() if name not in Params.model_fields}
    lines = [
        f"## {spec.stem}",
        "",
        f"*{question[1]}*" if question else "",
        "",
        f"* reads: {', '.join(filter(None, (_names(code, 'read'), _besides(code))))}",
        f"* writes: {_names(code, 'write') or 'nothing that later chapters need'}",
    ]
    lines += [f"* `{name}` = {field.default!r}: {field.description}" for name, field in own.items()]
    return "\n".join([*lines, ""])


def _besides(code: str) -> str:
    """What a notebook reads that is no table of a run."""
    if "collect(" in code:
        return "the raw exports named in dataset.yaml"
    return "what the other chapters found" if "chapter.earlier(" in code else ""


def _names(code: str, verb: str) -> str:
    """Tables that a notebook reads or writes."""
    found = re.findall(rf'chapter\.{verb}\("(\w+)"', code)
    if verb == "read":  # several tables in one line, by a list of names
        found += [
            name
            for names in re.findall(r"chapter\.read\(\w+\) for \w+ in \(([^)]*)\)", code)
            for name in re.findall(r'"(\w+)"', names)
        ]
    return ", ".join(f"`{name}`" for name in dict.fromkeys(found))


def main() -> None:
    """Write the page."""
    Path(paths.notebooks() / "README.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
