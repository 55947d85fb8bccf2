"""How chapters that have no panels yet reach the page; goes with the last of them."""

from __future__ import annotations

import ast
from typing import Any

from .ingest.contract import TABLES
from .messages import N_, Text
from .reporting import stored


class Legacy:
    """``show_…`` and ``%%needs``."""

    def _register(self, namespace: dict[str, Any]) -> None:
        if "get_ipython" in namespace:
            namespace["get_ipython"]().register_magic_function(self._needs, "cell", "needs")

    def _needs(self, line: str, cell: str) -> None:
        """Run the cell if the data have all of the names."""
        from IPython import get_ipython

        shell = get_ipython()
        absent = [name for name in line.split() if not self._is_there(name, shell.user_ns)]
        if not absent:
            exec(compile(shell.transform_cell(cell), f"<{self.spec.stem}>", "exec"), shell.user_ns)
            return
        self._unmade |= _assigned(shell.transform_cell(cell))
        if absent[0] not in self._told:
            self._told.add(absent[0])
            if absent[0] in TABLES or absent[0] not in {*shell.user_ns, *self._unmade}:
                self.say(Text(N_("Left out: the data hold no “{needs:label}”."), {"needs": absent[0]}))

    def _is_there(self, name: str, variables: dict[str, Any]) -> bool:
        if name in TABLES or name not in variables:
            return self.has(name)
        value = variables[name]
        if type(value).__name__ == "Comparison":
            return bool(value)
        return value is not None and (not hasattr(value, "__len__") or len(value) > 0)

    def show_findings(self, findings) -> None:
        """See `Chapter.tell`."""
        self.tell(findings)

    def show_chart(self, chart) -> None:
        """Draw a chart with its title, caption and alt text."""
        self._block(chart.html(self.language))

    def show_table(self, name: str, table, title: Text, note: Text | None = None) -> None:
        """List a published table; it also becomes a sheet of the workbook."""
        from .reporting.tables import html

        self.results.joinpath("published").mkdir(parents=True, exist_ok=True)
        table.frame.to_parquet(self.results / "published" / f"{name}.parquet", index=False)
        self._titles[name] = {"title": self.language.text(title), "rows": len(table.frame)}
        stored.write_json(self.results / "published" / "titles.json", self._titles)
        self._block(html(table, title, self.language, note=note, anchor=f"table-{name}"))

    def show_text(self, *texts: Text) -> None:
        """See `Chapter.say`."""
        self.say(*texts)

    def show_cards(self, personas) -> None:
        """See `Chapter.cards`."""
        self.cards(personas)

    def show_quotes(self, quotes, rule: Text) -> None:
        """See `Chapter.quotes`."""
        self.quotes(quotes, rule)

    def show_limits(self, limits) -> None:
        """See `Chapter.limits`."""
        self.limits(limits)

    def save_facts(self, **facts) -> None:
        """See `Chapter.facts`."""
        self.facts(**facts)


def _assigned(cell: str) -> set[str]:
    nodes = ast.walk(ast.parse(cell))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
