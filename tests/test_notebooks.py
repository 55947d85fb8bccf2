"""How a notebook of ours is built, and the values that matter in each."""

from __future__ import annotations

import ast
import statistics

import nbformat
import pytest

from customer_profiles import paths
from customer_profiles.chapters import CHAPTERS

SPECS = list(CHAPTERS.values())
NOTEBOOKS = {spec.number: nbformat.read(spec.notebook, as_version=4) for spec in SPECS}
MAX_LINES = 12


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def python_of(cell):
    """Source of a cell without the line that says which data it needs."""
    first, _, rest = cell.source.partition("\n")
    return rest if first.startswith("%%needs ") else cell.source


def test_every_notebook_is_a_chapter_or_the_brief_of_one_customer():
    stems = sorted(path.stem for path in paths.notebooks().glob("*.ipynb"))
    assert stems == sorted([*(spec.stem for spec in SPECS), "one_customer"])


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.stem)
class TestRules:
    def test_parameters_repeat_the_defaults(self, spec):
        (cell,) = tagged(NOTEBOOKS[spec.number], "parameters")
        assigned = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(cell.source).body}
        assert assigned == {name: field.default for name, field in spec.params.model_fields.items()}
        assert cell.source.startswith("# Parameters")

    def test_tells_a_story_and_holds_no_logic(self, spec):
        cells = code_cells(NOTEBOOKS[spec.number])
        assert max(len(code_lines(cell)) for cell in cells) <= MAX_LINES
        assert statistics.median(len(code_lines(cell)) for cell in cells) <= 5
        for cell in cells:
            nodes = list(ast.walk(ast.parse(python_of(cell))))
            forbidden = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try)
            assert not [node for node in nodes if isinstance(node, forbidden)], cell.source
            assert not cell.source.rstrip().endswith(";")
            assert not any(word in cell.source for word in ("now()", "today()", "warnings", "sys.path"))

    def test_prose_has_no_typed_numbers(self, spec):
        for cell in NOTEBOOKS[spec.number].cells:
            if cell.cell_type == "markdown":
                assert not any(character.isdigit() for character in cell.source), cell.source

    def test_only_the_facts_are_kept(self, spec):
        notebook = NOTEBOOKS[spec.number]
        (facts,) = tagged(notebook, "nbval-check-output")
        assert "keep_output" in facts.metadata.tags
        assert facts.execution_count
        assert "".join(output.text for output in facts.outputs).count(":") >= 3
        assert not [cell for cell in code_cells(notebook) if cell is not facts and cell.outputs]

    def test_runs_anywhere(self, spec):
        notebook = NOTEBOOKS[spec.number]
        assert notebook.metadata.kernelspec.name == "python3"
        assert "title" in notebook.metadata
