"""The house rules: who may import whom, and how big a room may be."""

from __future__ import annotations

import ast
import base64
import hashlib
import html
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "customer_profiles"
MODULES = {
    ".".join(("customer_profiles", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
# Data flows one way; a room may only know those named here (and the base modules beside them).
MAY_KNOW = {
    "stats": set(),
    "viz": set(),
    "text": {"stats", "privacy"},
    "identity": {"ingest"},
    "privacy": {"ingest", "identity"},
    "ingest": {"identity", "privacy"},
    "analysis": {"stats", "text"},
    "reporting": {"viz", "privacy", "identity", "ingest"},
    "questions": {"analysis", "ingest", "privacy"},
    "execution": {"reporting", "privacy", "identity", "ingest"},
    "demo": set(),
}
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


def test_imports_flow_one_way():
    wrong = {
        (module, name)
        for module, path in MODULES.items()
        if (room := layer(module))
        for name in imports(path, module, everywhere=True)
        if layer(name) not in {None, room, *MAY_KNOW[room]}
    }
    assert wrong == set()


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


def test_modules_are_small():
    def lines(path: Path) -> int:
        return sum(bool(line.strip()) and not line.strip().startswith("#") for line in path.read_text().splitlines())

    assert {module: lines(path) for module, path in MODULES.items() if lines(path) > MAX_LINES} == {}


def test_everything_public_is_explained():
    silent = []
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = [tree] + [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        silent += [(module, getattr(node, "name", "module")) for node in public if not ast.get_docstring(node)]
    assert silent == []


def test_no_file_repeats_the_name_of_its_room():
    parts = {module: module.split(".") for module in MODULES}
    assert [module for module, names in parts.items() if len(names) > 2 and names[-2].rstrip("s") in names[-1]] == []


@pytest.mark.xdist_group("structure")
def test_groups_of_tests_stay_together(request):
    # Without its group in a test's id, pytest-xdist deals the tests out one by one, and each worker makes the reports.
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@structure")


def test_each_page_of_the_sample_shows_the_style_that_it_admits():
    """A page that was changed by hand is drawn without any."""
    for path in sorted((Path(__file__).parents[1] / "reports" / "sample").glob("*.html")):
        page = path.read_text(encoding="utf-8")
        (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"sha256-{digest}" in html.unescape(page), path.name
