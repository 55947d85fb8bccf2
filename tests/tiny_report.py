"""A report of two notebooks of a few lines each, on a data set of two people: for tests of how runs begin and end.

As a program it is the command line for such a project, and can be made to wait at a certain step:
``python tiny_report.py FOLDER STEP ARGUMENTS``. It says that it is there by the file FOLDER/waiting, and goes on when
it is stopped or FOLDER/go appears.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

import nbformat.v4 as v4

from customer_profiles import params, paths
from customer_profiles.chapters import ChapterSpec

DATASET = """
name: tiny
title: Tiny Company
language: en
as_of: 2025-06-30
sources:
  - name: crm
    system: crm
    path: people.csv
    table: customers
    columns: {customer_id: id, gender: sex}
"""
PARAMETERS = '# Parameters\ndataset = "demo"\nas_of = ""\nlanguage = ""\nrun_folder = ""\nseed = 1'
HEAD = """\
import json
from pathlib import Path
folder = Path(run_folder) / 'chapters' / '{number}'
folder.mkdir(parents=True)"""
FINDING = {"message": "Seen in {n:count} customers.", "values": {"n": 1862}, "id": "seen", "n": 1862, "chapter": "01"}
RESULTS = f"(folder / 'findings.json').write_text(json.dumps([{FINDING!r}]));"
SHOW = """\
from IPython.display import display
from customer_profiles.reporting import stored
html = '<p>Seen</p>'
stored.write_block(folder, 'seen', html)
display({'text/html': html, stored.BLOCK: {'block': 'seen'}}, raw=True)"""
END = "(folder / 'facts.json').write_text(json.dumps({'customers': 1862, 'seed': seed}));"
SPECS = {
    "01": ChapterSpec("01", "01_first", "First", params.CollectData),
    "00": ChapterSpec("00", "00_summary", "Summary", params.CollectData, ("01",)),
}


def write(folder: Path, spec: ChapterSpec, *cells: str, end: str = END) -> None:
    """A notebook with the given cells in the middle."""
    given = [v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    given += [v4.new_code_cell(cell) for cell in (HEAD.format(number=spec.number), RESULTS, *cells, end)]
    kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), *given], metadata={"kernelspec": kernelspec})
    (folder / f"{spec.stem}.ipynb").write_text(json.dumps(notebook))


def make(folder: Path) -> Path:
    """The project; returns its dataset.yaml."""
    (folder / "notebooks").mkdir()
    (folder / "dataset.yaml").write_text(DATASET)
    (folder / "people.csv").write_text("id,sex\n1,female\n2,male\n")
    for spec in SPECS.values():
        write(folder / "notebooks", spec, SHOW)
    return folder / "dataset.yaml"


def wait_at(folder: Path, step: str) -> None:
    """Let a function, ``module:name`` or ``module:class.name``, wait before it does its work."""
    module, _, name = step.partition(":")
    owner = importlib.import_module(f"customer_profiles.{module}")
    *parents, name = name.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    work = getattr(owner, name)

    def waits(*given, **named):
        (folder / "waiting").touch()
        deadline = time.monotonic() + 300
        while not (folder / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return work(*given, **named)

    setattr(owner, name, waits)


if __name__ == "__main__":
    from customer_profiles.cli import main
    from customer_profiles.execution import run

    home, at = Path(sys.argv.pop(1)), sys.argv.pop(1)
    run.CHAPTERS = SPECS
    paths.notebooks = lambda: home / "notebooks"
    if at:
        wait_at(home, at)
    main()
