"""Facts of the notebooks: the one output that is committed, and how it is renewed after numbers have changed.

``make facts`` makes the report of the demo company and puts what its notebooks have printed into those of the project.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from support import command_line

from customer_profiles.chapters import CHAPTERS
from customer_profiles.demo import make_company

TAG = "nbval-check-output"


def facts_cell(notebook: NotebookNode) -> NotebookNode:
    """The cell whose output is kept."""
    (cell,) = [cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])]
    return cell


def printed(path: Path) -> str:
    """What the facts cell of a notebook has printed."""
    (output,) = facts_cell(nbformat.read(path, as_version=4)).outputs
    return output.text


def renew(executed: Path) -> list[str]:
    """Take over the facts of executed notebooks; returns the names of those that have changed."""
    changed = []
    for spec in CHAPTERS.values():
        notebook = nbformat.read(spec.notebook, as_version=4)
        cell, new = facts_cell(notebook), facts_cell(nbformat.read(executed / spec.notebook.name, as_version=4))
        if [output.get("text") for output in cell.outputs] != [output.text for output in new.outputs]:
            # nbval compares nothing where a cell has no execution count.
            cell.outputs, cell.execution_count = new.outputs, new.execution_count
            nbformat.write(notebook, spec.notebook)
            changed.append(spec.stem)
    return changed


def main() -> None:
    """Make the report of the demo company and renew the facts."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_company(home / "data" / "demo")
        done = command_line(home, "report", "demo")
        if done.returncode != 0:
            sys.exit(done.stderr)
        print(*(renew(home / "data" / "demo" / "runs" / "latest" / "notebooks") or ["nothing has changed"]), sep="\n")


if __name__ == "__main__":
    main()
