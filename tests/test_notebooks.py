"""How a notebook of ours is built, and that a person who knows pandas would dare to change it."""

from __future__ import annotations

import ast
import statistics

import nbformat
import pytest

from customer_profiles import paths
from customer_profiles.chapters import CHAPTERS
from customer_profiles.params import Params
from tools import notebooks_page

PARAMS = {spec.stem: spec.params for spec in CHAPTERS.values()} | {"template": Params}
NOTEBOOKS = {stem: nbformat.read(paths.notebooks() / f"{stem}.ipynb", as_version=4) for stem in PARAMS}
MAX_LINES, MEDIAN_LINES, IN_SIGHT = 15, 5, 0.5
LIBRARIES = {"pd", "np", "sns", "plt", "sm", "smf", "stats", "KMeans", "Pipeline", "LogisticRegression"}
METHODS = {
    *("groupby", "merge", "assign", "query", "agg", "pivot", "pivot_table", "value_counts", "sort_values", "dropna"),
    *("fillna", "rename", "reset_index", "set_index", "melt", "explode", "resample", "rolling", "map", "apply"),
    *("describe", "isin", "between", "nlargest", "nsmallest", "fit", "predict", "fit_transform", "transform", "corr"),
    *("quantile", "mean", "median", "sum", "count", "nunique", "join", "drop_duplicates", "notna", "isna", "head"),
}


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shows_the_analysis(cell) -> bool:
    """Whether a cell shows pandas, seaborn, scikit-learn or statsmodels at work."""
    nodes = list(ast.walk(ast.parse(cell.source)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    filters = any(isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Compare) for node in nodes)
    return bool(names & LIBRARIES or called & METHODS or filters)


def test_every_notebook_is_a_chapter_the_brief_of_one_customer_or_the_template():
    stems = sorted(path.stem for path in paths.notebooks().glob("*.ipynb"))
    assert stems == sorted([*PARAMS, "one_customer"])


def test_at_least_half_of_the_cells_show_the_analysis():
    cells = [cell for notebook in NOTEBOOKS.values() for cell in code_cells(notebook)]
    assert sum(map(shows_the_analysis, cells)) >= IN_SIGHT * len(cells)
    assert statistics.median(len(code_lines(cell)) for cell in cells) <= MEDIAN_LINES


def test_the_list_of_notebooks_is_current():
    assert (paths.notebooks() / "README.md").read_text(encoding="utf-8") == notebooks_page.page(), "run `make messages`"


@pytest.mark.parametrize("stem", sorted(NOTEBOOKS))
class TestRules:
    def test_parameters_repeat_the_defaults(self, stem):
        (cell,) = tagged(NOTEBOOKS[stem], "parameters")
        assigned = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(cell.source).body}
        assert assigned == {name: field.default for name, field in PARAMS[stem].model_fields.items()}
        assert cell.source.startswith("# Parameters")

    def test_plain_python_that_every_tool_reads(self, stem):
        for cell in code_cells(NOTEBOOKS[stem]):
            nodes = list(ast.walk(ast.parse(cell.source)))  # a magic is no Python
            logic = (ast.FunctionDef, ast.ClassDef, ast.While, ast.Try)
            assert not [node for node in nodes if isinstance(node, logic)], cell.source
            assert not cell.source.rstrip().endswith(";")
            assert not any(word in cell.source for word in ("now()", "today()", "warnings", "sys.path", "exec("))
            if "parameters" not in cell.metadata.get("tags", []):
                assert len(code_lines(cell)) <= MAX_LINES, cell.source

    def test_no_rule_of_disclosure_stands_in_a_cell(self, stem):
        for cell in code_cells(NOTEBOOKS[stem]):
            words = {node.arg for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.keyword)}
            assert not words & {"within", "mask", "also", "disclosure"}, cell.source
            assert ".publish(" not in cell.source

    def test_prose_has_no_typed_numbers(self, stem):
        for cell in NOTEBOOKS[stem].cells:
            if cell.cell_type == "markdown":
                assert not any(character.isdigit() for character in cell.source), cell.source

    def test_only_the_facts_are_kept(self, stem):
        notebook = NOTEBOOKS[stem]
        (facts,) = tagged(notebook, "nbval-check-output")
        assert "keep_output" in facts.metadata.tags
        assert facts.execution_count
        assert "".join(output.text for output in facts.outputs).count(":") >= 2
        assert not [cell for cell in code_cells(notebook) if cell is not facts and cell.outputs]

    def test_runs_anywhere(self, stem):
        notebook = NOTEBOOKS[stem]
        assert notebook.metadata.kernelspec.name == "python3"
        assert "title" in notebook.metadata
