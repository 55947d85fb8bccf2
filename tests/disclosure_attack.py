"""An attacker who has all tables of a report, with their bases and rests, and puts them together.

Every count of persons in a published table of groups is a cell: how many of a population have a value, and how many
of those a further property (a pain, a segment, a stage, a score). Bases, rests and margins tie the cells of all tables
together. A cell that nobody published is given away if all numbers that agree with what was published are small.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import linprog

NOT_KEYS = frozenset(("attribute", "value", "verdict", "evidence", "quadrant", "method", "suppressed", "claim"))
GROUPS = frozenset(("attribute", "value"))
ALL, UNLISTED = "", "(no row)"


@dataclass
class Knowledge:
    """Equations over cells: each says that some cells add up to a number or to another cell."""

    equations: list[tuple[dict, float]] = field(default_factory=list)
    known: dict = field(default_factory=dict)
    populations: dict = field(default_factory=lambda: defaultdict(list))

    def tell(self, cell, value) -> None:
        if pd.notna(value):
            if cell in self.known and self.known[cell] != int(value):
                raise AssertionError(f"{cell}: {self.known[cell]} and {int(value)}")
            self.known[cell] = int(value)

    def population(self, attribute: str, total: int, sizes: dict) -> tuple:
        """The same as in another table if all that both show is equal; else one of its own."""
        shown = {value: int(size) for value, size in sizes.items() if pd.notna(size)}
        found = self.populations[attribute, total]
        fits = (
            n for n, other in enumerate(found) if all(other.get(value, shown[value]) == shown[value] for value in shown)
        )
        number = next(fits, len(found))
        found[number:] = [(found[number] if number < len(found) else {}) | shown, *found[number + 1 :]]
        return (number, total)

    def equate(self, cells, total=0.0, minus=()) -> None:
        terms = defaultdict(float)
        for cell in cells:
            terms[cell] += 1
        for cell in minus:
            terms[cell] -= 1
        self.equations.append((dict(terms), float(total)))


def read(tables: dict[str, pd.DataFrame], customers: int = 0) -> Knowledge:
    """What the tables of groups of a report say together, and how many customers it is about."""
    facts, members, wholes = Knowledge(), defaultdict(set), defaultdict(dict)
    for name, table in tables.items():
        if {"attribute", "value", "n", "base"} <= set(table):
            _read(facts, members, wholes, name, table, customers)
    for (population, attribute), values in members.items():
        everybody = [(population, ALL, attribute, value) for value in [*sorted(values), UNLISTED]]
        facts.equate(everybody, population[1])
    parts = defaultdict(dict)
    for (population, key, attribute), total in wholes.items():
        own = [(population, key, attribute, value) for value in [*sorted(members[population, attribute]), UNLISTED]]
        facts.equate(own, total)
        for cell in own:
            facts.equate([cell, ("others", *cell)], 0, [(population, ALL, *cell[2:])])
        parts[population, key[:2], attribute][key] = total
    for (population, _, attribute), totals in parts.items():
        if len(totals) > 1 and sum(totals.values()) == population[1]:  # they are everybody, each once
            for value in [*sorted(members[population, attribute]), UNLISTED]:
                facts.equate(
                    [(population, key, attribute, value) for key in totals], 0, [(population, ALL, attribute, value)]
                )
    return facts


def tables_of(findings: list[dict]) -> dict[str, pd.DataFrame]:
    """What findings.json says of shares of groups, as tables: a share and its base are a count."""
    rows = defaultdict(list)
    for finding in findings:
        told = finding["numbers"]
        if {"attribute", "value", "share", "base"} <= set(told):
            groups = {name: value for name, value in told.items() if isinstance(value, str)}
            count = {"n": round(told["share"] * told["base"]), "base": told["base"]}
            of = ".".join(["said", finding["chapter"], finding["table"], *sorted(groups)])
            rows[of].append({name: value for name, value in groups.items() if name != "reference"} | count)
    return {name: pd.DataFrame(of).drop_duplicates() for name, of in rows.items()}


def spoken_of(findings: list[dict], tables: dict[str, pd.DataFrame], least: int) -> dict[str, str]:
    """Findings that speak of a row whose numbers are hidden, or of fewer persons than may be spoken of."""
    found = {}
    for finding in findings:
        told, base = finding["numbers"], finding["numbers"].get("base", 0)
        counts = [finding["n"], finding["reach"], base]
        counts += [told["n"], base - told["n"]] if base and "n" in told else []
        if base and 0 <= told.get("share", -1) <= 1:
            share = told["share"] * base
            counts += [round(part) for part in (share, base - share) if abs(part - round(part)) < 0.01]
        if any(0 < count < least for count in counts):
            found[finding["id"]] = "few"
        table = tables.get(f"{finding['chapter']}.{finding['table']}")
        if table is None or "suppressed" not in table or finding["kind"] == "nothing":
            continue
        keys = [c for c in table.select_dtypes(exclude=["number", "bool"]) if c in told and c not in NOT_KEYS - GROUPS]
        keys += [c for c in ("segment",) if c in table and c in told]
        rows = table[(table[keys].astype(str) == [str(told[key]) for key in keys]).all(axis=1)] if keys else table
        if len(rows) and rows["suppressed"].all():
            found[finding["id"]] = "hidden"
    return found


def _read(facts, members, wholes, name, table, customers) -> None:
    rests = {"n_rest", "base_rest"} <= set(table)
    keys = [c for c in table.select_dtypes(exclude=["number", "bool"]) if c not in NOT_KEYS]
    keys += [c for c in ("segment", "after_days", "tenth") if c in table and c not in keys]
    varies = bool(table.groupby([*keys, "attribute"], dropna=False)["base"].nunique().gt(1).any())
    for of, rows in table.groupby([*keys, "attribute"], dropna=False, sort=False):
        attribute, key = of[-1], (name, tuple(keys), *map(str, of[:-1]))
        both = (rows["base"] + rows["base_rest"]).dropna() if rests else rows["base"].dropna()
        if both.nunique() != 1 or not (rests or not keys):
            continue  # nothing is shown, or the rest is a group of its own, such as that of a trial
        # Rates: the base has the value. The mix of a group: the base is the group. Plain shares of all: neither.
        sizes = rows["n"] if not rests else rows["base"] if varies else rows["n"] + rows["n_rest"]
        population = facts.population(attribute, int(both.iloc[0]), dict(zip(rows["value"], sizes, strict=True)))
        members[population, attribute] |= set(rows["value"])
        if not rests and customers:
            facts.equate([(population, ALL, attribute, "(unknown)")], customers - population[1])
        for value, size in zip(rows["value"], sizes, strict=True):
            facts.tell((population, ALL, attribute, value), size)
        whole = ((rows["n"] + rows["n_rest"]) if varies else rows["base"]).dropna() if rests else ()
        if len(whole):
            assert whole.nunique() == 1, f"{name}: {of}"
            wholes[population, key, attribute] = int(whole.iloc[0])
            for value, n in zip(rows["value"], rows["n"], strict=True):
                facts.tell((population, key, attribute, value), n)


def given_away(facts: Knowledge, least: int) -> dict:
    """Cells that nobody published, of which it can be worked out that somebody is in them, but fewer than `least`."""
    bounds, rows = {}, []
    for terms, total in facts.equations:
        unknown = {cell: sign for cell, sign in terms.items() if cell not in facts.known}
        rest = total - sum(sign * facts.known[cell] for cell, sign in terms.items() if cell in facts.known)
        if unknown:
            rows.append((unknown, rest))
            if min(unknown.values()) > 0 and 0 < rest < least:  # all that is not shown of a margin, together
                bounds[("together", *next(iter(unknown))[-4:-1], *(cell[-1] for cell in unknown))] = (int(rest),) * 2
        elif rest:
            raise AssertionError(f"what was published contradicts itself by {rest}: {list(terms)[:4]}")
    for part in _connected(rows):
        cells = sorted({cell for terms, _ in part for cell in terms}, key=repr)
        at = {cell: i for i, cell in enumerate(cells)}
        left, right = np.zeros((len(part), len(cells))), np.array([rest for _, rest in part])
        for i, (terms, _) in enumerate(part):
            for cell, sign in terms.items():
                left[i, at[cell]] = sign
        low, high = _narrowed(left, right)
        for cell, i in at.items():
            if low[i] >= least or high[i] == 0:
                continue
            if high[i] >= least:
                high[i] = min(high[i], _extreme(left, right, i, -1))
            if 0 < high[i] < least and low[i] <= 0:
                low[i] = max(low[i], _extreme(left, right, i, 1))
            if low[i] > 0 and high[i] < least:
                bounds[cell] = (int(low[i]), int(high[i]))
    return bounds


def _extreme(left, right, i, sign) -> float:
    from scipy.sparse import csr_matrix

    goal = np.zeros(left.shape[1])
    goal[i] = sign
    solved = linprog(goal, A_eq=csr_matrix(left), b_eq=right, bounds=(0, None), method="highs")
    if solved.status == 3:
        return np.inf
    assert solved.success, f"what was published contradicts itself: {solved.message}"
    return float(np.ceil(solved.fun - 1e-6) if sign > 0 else np.floor(-solved.fun + 1e-6))


def _narrowed(left, right, rounds: int = 30):
    """Bounds by each equation in turn: what is left if all other cells of it are as small, or as large, as can be."""
    low, high = np.zeros(left.shape[1]), np.full(left.shape[1], np.inf)
    equations = [(np.flatnonzero(row), row[row != 0], total) for row, total in zip(left, right, strict=True)]
    for _ in range(rounds):
        before = low.sum() + np.where(np.isfinite(high), high, 1e12).sum()
        for cells, signs, total in equations:
            least = np.where(signs > 0, signs * low[cells], signs * high[cells])
            most = np.where(signs > 0, signs * high[cells], signs * low[cells])
            for k, cell in enumerate(cells):
                others = np.arange(len(cells)) != k
                up, down = total - least[others].sum(), total - most[others].sum()
                ends = (down, up) if signs[k] > 0 else (-up, -down)
                low[cell], high[cell] = max(low[cell], ends[0]), min(high[cell], ends[1])
        if low.sum() + np.where(np.isfinite(high), high, 1e12).sum() == before:
            break
    return low, high


def _connected(rows):
    """Equations that share unknown cells, directly or through others."""
    place, parts = {}, {}
    for number, row in enumerate(rows):
        touched = {place[cell] for cell in row[0] if cell in place}
        parts[number] = [row, *(each for old in touched for each in parts.pop(old))]
        for terms, _ in parts[number]:
            place.update(dict.fromkeys(terms, number))
    return list(parts.values())
