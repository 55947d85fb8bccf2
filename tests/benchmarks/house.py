"""What can be counted in the files themselves: lines of code, cells of notebooks, faults that tools find, the lock."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
SOURCE, NOTEBOOKS = ROOT / "src", ROOT / "notebooks"
# Also as they are called in notebooks, where a cell does not repeat the imports of the first.
LIBRARIES = {"pandas", "numpy", "seaborn", "matplotlib", "sklearn", "statsmodels", "scipy"}
LIBRARIES |= {"pd", "np", "sns", "plt", "sm", "smf", "stats"}
WORK = """
    agg apply assign between corr count crosstab cut describe diff drop_duplicates dropna explode fillna groupby isin
    join map mean median melt merge nlargest nsmallest nunique pct_change pivot pivot_table plot qcut quantile query
    rename reset_index resample rolling sample set_index sort_values std sum value_counts
    fit fit_predict fit_transform predict predict_proba score transform
"""
METHODS = set(re.findall(r"\w+", WORK))


def code_lines(path: Path, documented: bool = True) -> int:
    """Lines that are neither blank nor a comment; with `documented`, nor part of a docstring."""
    text = path.read_text(encoding="utf-8")
    told = set(_docstrings(ast.parse(text))) if documented else set()
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in told
        for number, line in enumerate(text.splitlines(), 1)
    )


def _docstrings(tree: ast.AST) -> Iterator[int]:
    """Numbers of the lines that docstrings take."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(getattr(first.value, "value", None), str):
                yield from range(first.lineno, first.end_lineno + 1)


def lines_of_source() -> int:
    """Code lines of the package, without the demo companies."""
    return sum(code_lines(path) for path in SOURCE.rglob("*.py") if "demo" not in path.relative_to(SOURCE).parts)


def largest_module() -> int:
    """Lines of the largest module, docstrings included, as tests/test_structure.py counts them."""
    return max(code_lines(path, documented=False) for path in SOURCE.rglob("*.py"))


def modules_using(library: str) -> int:
    """Modules that import a library."""
    pattern = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
    return sum(bool(pattern.search(path.read_text(encoding="utf-8"))) for path in SOURCE.rglob("*.py"))


def cells() -> list[str]:
    """Source of every code cell of the notebooks that is not the one with the parameters."""
    return [
        "".join(cell["source"])
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", [])
    ]


def cells_under_magic() -> int:
    """Cells that begin with a cell magic: what is below is not plain Python."""
    return sum(source.lstrip().startswith("%%") for source in cells())


def lines_per_cell() -> float:
    """Median of the code lines of a cell."""
    return float(statistics.median(_lines(source) for source in cells()))


def largest_cell() -> int:
    """Code lines of the largest cell."""
    return max(_lines(source) for source in cells())


def _lines(source: str) -> int:
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


def cells_with_libraries() -> float:
    """Share of cells in which a reader sees pandas, seaborn, scikit-learn or statsmodels at work."""
    sources = cells()
    return sum(map(shows_library, sources)) / len(sources)


def shows_library(source: str) -> bool:
    """Whether a cell names one of the libraries, calls a method of frames or estimators, or selects rows.

    An import alone shows nothing yet. A method is told by its name: what other objects have, too, is not in the list.
    """
    tree = ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()))
    return any(map(_at_work, ast.walk(tree)))


def _at_work(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in LIBRARIES
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in METHODS
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Compare)


def unhashed() -> int:
    """Packages of the locks that are not held by a hash."""
    locks = [path.read_text(encoding="utf-8").replace("\\\n", "") for path in ROOT.glob("requirements*.txt")]
    lines = [line for lock in locks for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    return sum("--hash=" not in line for line in lines)


def style_faults() -> int:
    """Faults that ruff finds, and files that it would format otherwise."""
    return _ruff(".")


def style_faults_of_notebooks() -> int:
    """The same in the notebooks, whether or not they are excluded."""
    return _ruff("--config", "extend-exclude=[]", "notebooks")


def _ruff(*arguments: str) -> int:
    checked = _tool("ruff", "check", "--quiet", "--output-format", "json", *arguments)
    formatted = _tool("ruff", "format", "--check", *arguments)
    return len(json.loads(checked)) + len(re.findall(r"^(?:Would reformat|unformatted): ", formatted, re.MULTILINE))


def type_errors() -> int:
    """Errors that mypy finds in src."""
    return len(re.findall(r": error: ", _tool("mypy")))


def _tool(name: str, *arguments: str) -> str:
    """What a tool says; finding faults is no failure of its own."""
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr or done.stdout)
    return done.stdout


def minutes(junit: str) -> float:
    """How long the tests took that wrote a report of this name (`make test`, `make test-fast`) at this commit."""
    path = ROOT / "build" / f"{junit}.xml"
    if not path.exists():
        raise FileNotFoundError(f"build/{junit}.xml: run `make {junit}` before")
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    # A run that began before the commit was of other tests than those whose commit the page would name.
    suites = list(ElementTree.parse(path).iter("testsuite"))
    began = min(datetime.fromisoformat(suite.get("timestamp")).timestamp() for suite in suites)
    if told.stdout and began < int(told.stdout):
        raise LookupError(f"build/{junit}.xml is older than the commit: run `make {junit}` again")
    if any(int(suite.get(kind)) for suite in suites for kind in ("errors", "failures")):
        raise LookupError(f"build/{junit}.xml: not all tests passed")
    return round(sum(float(suite.get("time")) for suite in suites) / 60, 1)
