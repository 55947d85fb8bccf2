"""The house rules: who may import whom, and how big a room may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "customer_profiles"
MODULES = {
    ".".join(("customer_profiles", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
# Data flows one way; a layer may only know those named here (and the base modules beside them).
MAY_KNOW = {"collect": {"collect"}, "analyse": {"analyse"}, "report": {"report", "collect"}, "demo": {"demo"}}
MAX_LINES = 400


def imports(path: Path, module: str, everywhere: bool) -> set[str]:
    """Modules of this package that a module imports, at its top level or anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in _without_types(tree) if everywhere else tree.body:
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            found |= {name for alias in node.names for name in (f"{base}.{alias.name}", base) if name in MODULES}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in MODULES}
    return found - {module, "customer_profiles"}


def _without_types(tree: ast.AST):
    """All nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"):
            yield node
            yield from _without_types(node)


def layer(module: str) -> str | None:
    """The folder a module lives in, None for the base modules."""
    parts = module.split(".")
    return parts[1] if len(parts) > 2 or parts[-1] in MAY_KNOW else None


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_flow_one_way(module):
    known = MAY_KNOW.get(layer(module))
    if known:
        wrong = {
            name for name in imports(MODULES[module], module, everywhere=True) if layer(name) not in {None, *known}
        }
        assert not wrong


def test_no_import_circle():
    graph = {module: imports(path, module, everywhere=False) for module, path in MODULES.items()}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " > ".join([*path, module])
        if module not in done:
            for other in sorted(graph[module] - {module.rpartition(".")[0]}):
                visit(other, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_modules_are_small(module):
    lines = [line for line in MODULES[module].read_text(encoding="utf-8").splitlines() if line.strip()]
    assert sum(not line.strip().startswith("#") for line in lines) <= MAX_LINES


@pytest.mark.parametrize("module", sorted(MODULES))
def test_everything_public_is_explained(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "module without a docstring"
    public = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.xdist_group("structure")
def test_groups_of_tests_stay_together(request):
    # Without its group in a test's id, pytest-xdist deals the tests out one by one, and each worker makes the reports.
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@structure")
