"""Measures again what is promised, and writes docs/measured.md: `make figures`, or ONLY=name,… for some of them.

A name may also be that of a group: `report` is every figure whose name begins with `report_`.

registry.yaml holds the promises. A figure comes from a function of house.py (`count`), from what a command prints
(`run` and `find`), or from what tests record of themselves (`tests` and `record`). What takes longer than half a minute
is `slow`, and measured only when it is named. A line of the table stays as it is until its figure is measured again;
its first value stays for ever, also where the bar is missed or moved.
"""

from __future__ import annotations

import argparse
import json
import operator
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

sys.path.insert(0, str(Path(__file__).parent))
import house

ROOT = Path(__file__).parents[2]
REGISTRY = Path(__file__).with_name("registry.yaml")
MEASURED, README = ROOT / "docs" / "measured.md", ROOT / "README.md"
TRUTHS = ("natural", "truth", "interval", "silence")
"""Groups of figures whose table the README prints: what companies that know their truth say of the sentences."""
PRINTED = re.compile(r"(?<=<!-- truths -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEAD = """# Measured

Every figure that is promised, its bar, and whether it holds. Written by `make figures`; registry and measurement are in
`tests/benchmarks/`. A verdict is as old as its commit; a commit followed by + had changes that were not committed. The
first value is never replaced; (review) is what a review found by data of its own before the figure existed. How figures
are made, and what they cannot show, is in [methods.md](methods.md).

"""
COLUMNS = ("name", "what", "value", "bar", "verdict", "command", "commit", "first value")
BARS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}
TAKES = {"first": lambda found: found[0], "last": lambda found: found[-1], "min": min, "max": max, "sum": sum}


@dataclass(frozen=True)
class Figure:
    """A promise, and how it is measured.

    Parameters
    ----------
    name, what : str
        How it is called on the command line, and what it says.
    bar : str, optional
        `<= 400`; without it the figure is only told.
    count : str, optional
        Function of house.py, with its argument if it has one: `modules_using seaborn`.
    run, find, take : str, optional
        Arguments of Python; pattern whose group is the value; which of several values counts.
    tests, record, key : str, optional
        Arguments of pytest; property that the tests record; part of it, where that is a table.
    slow : bool
        Measured only when named.
    first : list, optional
        Value that was written by hand before this command existed, and the commit that wrote it.
    """

    name: str
    what: str
    bar: str | None = None
    count: str | None = None
    run: str | None = None
    find: str | None = None
    take: str = "last"
    tests: str | None = None
    record: str | None = None
    key: str | None = None
    slow: bool = False
    first: tuple[float, str] | None = None

    def __post_init__(self) -> None:
        if (self.count, self.run, self.tests).count(None) != 2 or (self.run is None) != (self.find is None):
            raise ValueError(f"{self.name}: exactly one of count, run with find, and tests")
        if self.bar and not re.fullmatch(r"(<=|>=|==) [\d.]+", self.bar):
            raise ValueError(f"{self.name}: a bar is <=, >= or == and a number, not {self.bar!r}")

    @property
    def command(self) -> str:
        """What somebody types to see where the value comes from."""
        if self.run:
            return f"python {self.run}"
        return f"pytest {self.tests}" if self.tests else f"make figures ONLY={self.name}"

    def verdict(self, value: float | None) -> str:
        """Whether the bar holds."""
        if value is None:
            return "not measured"
        if self.bar is None:
            return "–"
        compare, bar = self.bar.split()
        return "holds" if BARS[compare](value, float(bar)) else "missed"

    def measure(self) -> float:
        """The value now."""
        if self.count:
            function, *arguments = self.count.split()
            return getattr(house, function)(*arguments)
        if self.run:
            found = re.findall(self.find, output(self.run), re.MULTILINE | re.DOTALL)
            if not found:
                raise LookupError(f"`{self.command}` printed nothing like {self.find}")
            return TAKES[self.take]([number(value) for value in found])
        return self._of_tests()

    def _of_tests(self) -> float:
        """From the records of tests: of a number the worst or best as `take` says, of claims the most of a family."""
        values = recorded(self.tests).get(self.record, [])
        if not values:
            raise LookupError(f"`{self.command}` recorded no {self.record}")
        if self.record == "claims":
            companies = [company for value in values for company in json.loads(value).values()]
            return max(sum(company[family] > 0 for company in companies) for family in companies[0])
        if self.key:
            return round(json.loads(values[0])[self.key], 4)
        return round(TAKES[self.take]([float(value) for value in values]), 4)


@cache
def output(arguments: str, worst: int = 0) -> str:
    """What a program of Python prints; once, however many figures it holds. Exit codes up to `worst` are no failure."""
    print(f"  python {arguments}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, *shlex.split(arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if not 0 <= done.returncode <= worst:
        raise RuntimeError(f"exit code {done.returncode}")
    return done.stdout


@cache
def recorded(arguments: str) -> dict[str, list[str]]:
    """Properties that tests record, by name; a test that fails has recorded its figure, too."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.xml"
        output(
            f"-m pytest -q -n 2 --dist loadgroup --no-loadscope-reorder -o addopts= --junitxml={file} {arguments}",
            worst=1,
        )
        found: dict[str, list[str]] = {}
        for each in ElementTree.parse(file).iter("property"):
            found.setdefault(each.get("name"), []).append(each.get("value"))
        return found


def number(text: str) -> float:
    """`1,234` and `53`: whole numbers stay whole."""
    bare = text.replace(",", "")
    return float(bare) if "." in bare else int(bare)


def registry(path: Path = REGISTRY) -> dict[str, Figure]:
    """All figures by name, in the order of the file; an entry with `each` is one figure for each of its values."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    figures = [Figure(**one) for entry in entries for one in each(entry)]
    found = {figure.name: figure for figure in figures}
    if len(found) < len(figures):
        raise ValueError(f"{path.name}: a name stands twice")
    return found


def each(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """An entry for each value of its `each`, which stands for {each} in its texts.

    >>> each({"name": "words_{each}", "each": ["01", "02"]})
    [{'name': 'words_01'}, {'name': 'words_02'}]
    """
    own = {key: value for key, value in entry.items() if key != "each"}
    texts = {key for key, value in own.items() if isinstance(value, str)}
    values = entry.get("each", [""])
    return [own | {key: own[key].replace("{each}", value) for key in texts} for value in values]


def named(asked: str, figures: Collection[str]) -> list[str]:
    """Figures of a name or, if there is none, of the group of that name.

    >>> named("a", ["a", "a_1"]), named("b", ["b_1", "b_2", "c"])
    (['a'], ['b_1', 'b_2'])
    """
    return [asked] if asked in figures else [name for name in figures if name.startswith(f"{asked}_")]


def read(path: Path) -> dict[str, dict[str, str]]:
    """Rows of the table by name; none if there is no such table yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    if not rows or tuple(rows[0]) != COLUMNS:
        return {}
    return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in rows[2:]}


def said(value: float) -> str:
    """A value as the table has it."""
    return f"{value:g}" if isinstance(value, int) or abs(value) >= 1000 else f"{value:.4g}"


def row(figure: Figure, old: dict[str, str] | None, value: float | None, commit: str) -> dict[str, str]:
    """The line of a figure: what was just measured, else what stood there, else what was written by hand."""
    first = f"{said(figure.first[0])} ({figure.first[1]})" if figure.first else ""
    if old and old["first value"] != "–":
        first = old["first value"]
    if value is not None:
        now = {"value": said(value), "commit": commit}
        first = first or f"{said(value)} ({commit})"
    elif old:
        now = {"value": old["value"], "commit": old["commit"]}
    elif figure.first:
        now = {"value": said(figure.first[0]), "commit": figure.first[1]}
    else:
        now = {"value": "–", "commit": "–"}
    known = None if now["value"] == "–" else float(now["value"])
    told = {
        "name": figure.name,
        "what": figure.what.replace("|", "/"),
        "bar": figure.bar or "–",
        "verdict": figure.verdict(known),
    }
    return told | now | {"command": f"`{figure.command}`".replace("|", "\\|"), "first value": first or "–"}


def commit() -> str:
    """The commit of the checkout, with + if what is measured differs from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!docs/measured.md")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """The page."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *([each[column] for column in COLUMNS] for each in rows)]
    path.write_text(HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines), encoding="utf-8")


def truths(rows: list[dict[str, str]]) -> str:
    """The table of the README, from the rows of the page: what was asked, its value, its bar, and whether it holds."""
    shown = [each for each in rows if each["name"].split("_")[0] in TRUTHS]
    lines = [f"| {each['what']} | {each['value']} | {each['bar']} | {each['verdict']} |\n" for each in shown]
    return "| asked of companies that know their truth | measured | bar | |\n|---|---|---|---|\n" + "".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, print one line each, write; exit code 1 if a figure could not be measured that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names, with commas; otherwise all that are not slow")
    parser.add_argument("--out", type=Path, default=MEASURED)
    options = parser.parse_args(arguments)
    figures, old, now = registry(), read(options.out), commit()
    asked = [name for name in options.only.replace(" ", ",").split(",") if name]
    if unknown := sorted(name for name in asked if not named(name, figures)):
        parser.error(f"not in {REGISTRY.name}: {', '.join(unknown)}; known are {', '.join(figures)}")
    if gone := sorted(set(old) - set(figures)):
        parser.error(f"{options.out.name} has figures that {REGISTRY.name} no longer has: {', '.join(gone)}")
    asked = [name for each_asked in asked for name in named(each_asked, figures)]
    values, failed = {}, False
    for name in asked or [name for name, figure in figures.items() if not figure.slow]:
        try:
            values[name] = figures[name].measure()
        except (OSError, LookupError, RuntimeError, ElementTree.ParseError) as error:
            print(f"{name}: could not be measured: {error}", file=sys.stderr)
            failed = failed or name in asked
            continue
        figure = figures[name]
        print(f"{name}: {said(values[name])} ({figure.bar or 'no bar'}) {figure.verdict(values[name])}", flush=True)
    rows = [row(figure, old.get(name), values.get(name), now) for name, figure in figures.items()]
    write(options.out, rows)
    if options.out == MEASURED:
        told = PRINTED.sub(lambda _: truths(rows), README.read_text(encoding="utf-8"))
        README.write_text(told, encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
