"""All notebooks of a data set in this process, without kernels: a second or two instead of a minute."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path

import nbformat

from customer_profiles.chapters import CHAPTERS


def run_notebooks(dataset: Path, folder: Path, language: str = "en", chapters: Collection[str] = CHAPTERS) -> None:
    """Execute every cell of every chapter, or of some; the first failure is raised, with a note that names the cell.

    `IPython.display.display` has to be replaced by the caller: there is nobody to show something to.

    Parameters
    ----------
    dataset : Path
        A dataset.yaml.
    folder : Path
        Of the run.
    chapters : collection of str
        Their numbers.
    """
    given = {"dataset": str(dataset), "language": language, "run_folder": str(folder)}
    for spec in (spec for number, spec in CHAPTERS.items() if number in chapters):
        names = {"__name__": "__main__", "In": ["# Parameters\n" + "\n".join(f"{name} = None" for name in given)]}
        for number, cell in enumerate(nbformat.read(spec.notebook, as_version=4).cells):
            if cell.cell_type != "code":
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    exec(compile(cell.source, f"{spec.stem}[{number}]", "exec"), names)
            except Exception as error:
                error.add_note(f"in {spec.stem}, cell {number}")
                raise
            if "parameters" in cell.metadata.get("tags", []):
                names |= given
