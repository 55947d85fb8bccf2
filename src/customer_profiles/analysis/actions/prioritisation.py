"""Prioritisation: which action spares most customers a pain for its money, and how sure that is.

Customers reached × expected effect ÷ cost; a customer with several cases is spared only if all of them are. Each of the
three is uncertain, so the board is drawn many times, each time with another number out of its range; how often an
action comes out on which place is its rank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...results import Disclosure, Result
from ...stats.claims import shown
from ...stats.intervals import CONFIDENCE, add_shares, wilson, z_value
from ..pain_points.observations import BEHAVIOUR, YEAR_DAYS, Evidence, hit_since

DRAWS = 4000
"""Times the board is drawn; the error of a chance is then below one percentage point."""

PLAN_ERROR = 0.5
"""A cost or an effect that is given as one number may be off by half of it, either way: of large projects, costs were
on average 27 % above plan, and benefits below (Flyvbjerg & Budzier 2011, Harvard Business Review 89(9):23–25). Whoever
knows better gives a range."""

PER = 1000
"""Units of currency for which customers are counted."""

FEW = 3
"""From so many customers on a sentence gives no fractions of one."""

OBSERVED, EXPECTED = N_("observed"), N_("expected")
READY, NO_COST, NO_EFFECT = (
    N_("ranked"),
    N_("incomplete: cost is missing"),
    N_("incomplete: expected effect is missing"),
)
NEITHER = N_("incomplete: cost and expected effect are missing")
NOT_FOUND = N_("its pain was not found in this run")

COLUMNS = [
    *("action", "pain", "rank", "rank_low", "rank_high", "chance_first"),
    *("per_thousand", "per_thousand_low", "per_thousand_high", "spared", "spared_low", "spared_high", "n", "base"),
    *("expected_least", "expected_most", "cost_least", "cost_most", "effect_from", "owner", "begun", "verdict"),
]
NO_NUMBERS = ("action", "pain", "owner", "effect_from", "begun", "verdict")
MEASURED = [name for name in COLUMNS if name.split("_")[0] in ("n", "spared", "per", "rank", "first")]
"""What goes where a row is hidden; what is expected and what it costs is no secret of a customer."""


def reached(evidence: Evidence, profile: pd.DataFrame, since: pd.Timestamp) -> pd.DataFrame:
    """Customers whom each pain hit in the year before the run.

    Parameters
    ----------
    evidence : Evidence
    profile : DataFrame
        One row per customer; only these are counted.
    since : Timestamp
        What came later counts: `YEAR_DAYS` before the run.

    Returns
    -------
    DataFrame
        ``pain, evidence, n, base`` (of behaviour: those it could have hit)``, share`` with interval. Pains that have
        no days, such as reasons stated once, are counted whenever they were.
    """
    inside = profile["customer_no"]
    found = evidence.names[["pain", "evidence"]].copy()
    found["n"] = found["pain"].map(hit_since(evidence.hits, since, inside)).fillna(0).astype(int)
    met = found["pain"].map(hit_since(evidence.occasions, since, inside)) if len(evidence.occasions) else np.nan
    found["base"] = np.where(found["evidence"] == BEHAVIOUR, met, len(inside))
    return add_shares(found.assign(base=found["base"].fillna(0).astype(int)))


def board(
    actions: pd.DataFrame,
    evidence: Evidence,
    profile: pd.DataFrame,
    given: pd.DataFrame,
    since: pd.Timestamp,
    realised: pd.DataFrame,
    seed: int = 1,
) -> Result:
    """Actions by customers reached × effect ÷ cost.

    Parameters
    ----------
    actions : DataFrame
        ``action, pain, owner, cost_low, cost_high, expected_low, expected_high, started_on``.
    evidence : Evidence
    profile : DataFrame
        One row per customer.
    given : DataFrame of bool, shape (customers, actions)
        Who gets each action.
    since : Timestamp
        As in `reached`.
    realised : DataFrame
        Rows of `realised_effects.by_action` that take the place of what is expected: those of a decided promise.
    seed : int
        Of the draws.

    Returns
    -------
    Result
        ``action, pain, rank`` with interval``, chance_first`` (chance to be first)``, per_thousand`` (customers who
        would be spared the pain in a year for 1,000 units of currency) with interval``, spared`` (the same in all)``,
        n`` (customers it reaches in a year)``, base, expected_least, expected_most, cost_least, cost_most``,
        effect_from`` (observed or expected)``, owner, begun, verdict`` (whether it could be ranked). Best first;
        what is incomplete comes last.
    """
    rng = np.random.default_rng([seed, len(actions)])
    seen = realised.set_index("action").to_dict("index")
    rows, draws = [], []
    for action in actions.itertuples():
        hit = reached(evidence, profile[given[action.action].to_numpy()], since).set_index("pain")
        found = hit.loc[action.pain] if action.pain in hit.index and hit.loc[action.pain, "base"] > 0 else None
        row = {"action": action.action, "pain": action.pain, "owner": action.owner}
        row |= {"n": 0, "base": 0} if found is None else found[["n", "base"]].to_dict()
        for name in ("expected", "cost"):
            row |= {f"{name}_least": getattr(action, f"{name}_low"), f"{name}_most": getattr(action, f"{name}_high")}
        row["begun"] = bool(action.started_on <= since + pd.Timedelta(days=YEAR_DAYS))  # a missing day is not
        observed = seen.get(action.action)
        row["effect_from"] = OBSERVED if observed else EXPECTED if action.expected_low > 0 else None
        spared: Any = None  # an array, once it can be told
        if found is not None and row["effect_from"]:
            whole = _spared_whole(
                evidence, profile.loc[given[action.action].to_numpy(), "customer_no"], action.pain, since
            )
            spared = _hit(rng, found["n"], found["base"]) * whole(_effect(rng, row, observed))
            row |= _summary("spared", spared)
        ready = spared is not None and row["cost_least"] > 0
        draws.append(PER * spared / _within(rng, row, "cost") if ready else np.full(DRAWS, np.nan))
        row["verdict"] = _verdict(found is not None, bool(row["cost_least"] > 0), bool(row["effect_from"]))
        rows.append(row | (_summary("per_thousand", draws[-1]) if ready else {}))
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = [name for name in COLUMNS if name not in NO_NUMBERS]
    table = table.astype(dict.fromkeys(numbers, float)).astype({"n": int, "base": int})
    table = _ranked(table, np.array(draws).reshape(len(table), DRAWS))
    order = np.lexsort((table["action"], -table["n"], table["rank"].isna(), table["rank"]))
    return Result(
        "action_board",
        table.iloc[order].reset_index(drop=True),
        Text(N_("Every action, best first")),
        Disclosure(within=None, mask=MEASURED),
        claims=_claims,
        about=Text(N_("Customers spared for {per:money} of cost."), {"per": PER}),
    )


def _claims(table: pd.DataFrame) -> list[Finding]:
    """Of the actions that have not begun the one that spares most customers for its money; else that all have."""
    ranked = shown(table[table["rank"].notna()])
    if ranked.empty:
        return []
    waiting = ranked[~ranked["begun"].astype(bool)]
    if waiting.empty:
        return [Finding(_ALL_BEGUN, {"k": len(ranked)}, id="board.begun", n=int(ranked["base"].max()), kind="fact")]
    row = waiting.iloc[0]
    sure = row["chance_first"] >= CONFIDENCE and len(ranked) > 1
    return [
        Finding(
            (_SURE if sure else _OPEN) if len(waiting) > 1 else _ONLY,
            {
                "action": row["action"],
                "pain": row["pain"],
                "owner": row["owner"] or Text(N_("nobody yet")),
                "spared": float(row["per_thousand"] if row["per_thousand"] < FEW else round(row["per_thousand"])),
                "per": PER,
            },
            id="board.first",
            n=int(row["base"]),
            interval=(float(row["per_thousand_low"]), float(row["per_thousand_high"])),
            test=N_("simulation over the ranges of reach, effect and cost"),
            effect=float(np.clip(row["spared"] / max(row["n"], 1), 0, 1)),
            reach=int(row["n"]),
        )
    ]


def facts(table: pd.DataFrame) -> dict[str, int]:
    """Actions, and how many of them could be ranked."""
    return {"actions": len(table), "actions_ranked": int(table["rank"].notna().sum())}


def limits(actions: pd.DataFrame, table: pd.DataFrame) -> list[Limit]:
    """No list of actions at all, or actions that lack what a ranking needs."""
    if actions.empty:
        message = N_(
            "Which actions are worth their money, and whether the last ones kept their promise; this run has written a "
            "proposal for the list to its folder"
        )
        return [Limit(message, needs=N_("a list of actions, solutions.yaml, beside the description of the data set"))]
    found = []
    for row in table[table["rank"].isna()].itertuples():
        gone = row.verdict == NOT_FOUND
        message = _GONE if gone else N_("What “{action:value}” is worth")
        needs = N_("a pain that reports know in solutions.yaml") if gone else _MISSING[row.verdict]
        found.append(Limit(message, {"action": row.action, "pain": row.pain}, needs=needs))
    return found


_SURE = N_(
    "Next: “{action:value}” against “{pain:value}” is worth most for its money. It spares about {spared:number} "
    "customers for {per:money} (responsible: {owner:value})."
)
_OPEN = N_(
    "Next: “{action:value}” against “{pain:value}” is probably worth most for its money. It spares about "
    "{spared:number} customers for {per:money} (responsible: {owner:value})."
)
_ONLY = N_(
    "Next: “{action:value}” against “{pain:value}” spares about {spared:number} customers for {per:money} "
    "(responsible: {owner:value}). It is the only action with cost and effect that has not begun."
)
_ALL_BEGUN = N_("All {k:count} actions that can be ranked have begun; none is left to begin next.")
_GONE = N_("What “{action:value}” is worth: this run found no pain called “{pain:value}”")
_MISSING = {
    NO_COST: N_("its cost in solutions.yaml"),
    NO_EFFECT: N_("its expected effect in solutions.yaml"),
    NEITHER: N_("its cost and its expected effect in solutions.yaml"),
}


def _verdict(found: bool, cost: bool, effect: bool) -> str:
    if not found:
        return NOT_FOUND
    return {(True, True): READY, (True, False): NO_EFFECT, (False, True): NO_COST}.get((cost, effect), NEITHER)


def _hit(rng: np.random.Generator, n: float, base: float) -> np.ndarray:
    """Customers hit in a year like this one, in the spread that Wilson's interval of their share has."""
    low, high = wilson(n, base)
    return base * np.clip(rng.normal((low + high) / 2, (high - low) / 2 / z_value(), DRAWS), 0, 1)


def _spared_whole(
    evidence: Evidence, customers: pd.Series, pain: str, since: pd.Timestamp
) -> Callable[[np.ndarray], np.ndarray]:
    """Share of the customers hit whom an effect on cases spares the pain: of k cases it has to spare them each.

    An effect that makes the pain more frequent hits customers again who are hit already, and so spares nobody.
    """
    hits = evidence.hits[(evidence.hits["pain"] == pain) & evidence.hits["customer_no"].isin(customers)]
    cases = hits[hits["at"].isna() | (hits["at"] > since)].groupby("customer_no").size().value_counts(normalize=True)
    times, share = cases.index.to_numpy(), cases.to_numpy()
    return lambda effect: (np.clip(effect, 0, 1)[:, None] ** times * share).sum(axis=1)


def _effect(rng: np.random.Generator, row: dict, observed: dict | None) -> np.ndarray:
    if observed:
        error = (observed["realised_high"] - observed["realised_low"]) / 2 / z_value()
        return np.minimum(rng.normal(observed["realised"], error, DRAWS), 1)
    return np.minimum(_within(rng, row, "expected"), 1)


def _within(rng: np.random.Generator, row: dict, name: str) -> np.ndarray:
    """Draws from the range that was given, or around the one number, see `PLAN_ERROR`."""
    low, high = row[f"{name}_least"], row[f"{name}_most"]
    low, high = (low, high) if low < high else (low * (1 - PLAN_ERROR), low * (1 + PLAN_ERROR))
    return rng.uniform(low, high, DRAWS)


def _summary(name: str, draws: np.ndarray) -> dict[str, float]:
    low, middle, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, 0.5, (1 + CONFIDENCE) / 2])
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _ranked(table: pd.DataFrame, draws: np.ndarray) -> pd.DataFrame:
    """The table with the place of each action that has draws: by its median, and in the middle 95 % of the draws."""
    known = ~np.isnan(draws).any(axis=1)
    if not known.any():
        return table
    places = (-draws[known]).argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") + 1
    order = np.lexsort((table.loc[known, "action"], -table.loc[known, "per_thousand"]))
    table.loc[known, "rank"] = order.argsort() + 1.0
    table.loc[known, "rank_low"] = np.quantile(places, (1 - CONFIDENCE) / 2, axis=1, method="inverted_cdf")
    table.loc[known, "rank_high"] = np.quantile(places, (1 + CONFIDENCE) / 2, axis=1, method="inverted_cdf")
    table.loc[known, "chance_first"] = (places == 1).mean(axis=1)
    return table
