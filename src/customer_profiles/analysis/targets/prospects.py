"""Which prospects become customers: learnt from those of whom it is decided, tried on later ones.

A prospect of yesterday who has not bought yet says nothing. Of those who are older than the horizon it is decided: by
then nine in ten of those who buy have bought.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import ONE_MARGIN, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.comparisons import compare_shares, compared, family_size
from ...stats.effect_sizes import from_shares
from ...stats.survival import kaplan_meier
from ..demographics.categories import Orders
from ..journeys.groups import difference, members, strongest, teller
from ..prediction.churn import TENTHS, Cases, Tried, foreseen, learn, quality, skill_of, tenths

DECIDED = 0.9
"""Part of those who will buy that have bought at the horizon."""
PART = 1 / 3
"""Last part of the decided time on which is tried what was learnt before."""
MIN_BASE = 50
DRAWN = 10_000
"""People drawn from a reference population."""
FILLINGS = 5
"""Values drawn in place of one that is not known, over which a chance is averaged."""
FIRST, LATER, UNFIT = N_("contact first"), N_("keep informed"), N_("not qualified: can wait")
STEPS = (FIRST, LATER, UNFIT)
SCORES = ["lead_id", "p_converts", "lead_tenth", "expected_value", "next_step", "reason"]
STAGE = "lead_stage"
NOT_KNOWN_THEN = frozenset(
    (
        *("lead_id", "customer_id", "customer_no", "at", "converted_at", "signup_date", "birth_date", "status"),
        *("postal_code", "city", "latitude", "longitude", "consent", STAGE),
    )
)
"""Columns of prospects that name them, or that were written down later."""


@dataclass(frozen=True)
class Prospects:
    """Prospects and what became of them.

    Parameters
    ----------
    rows : DataFrame
        By ``lead_id``: ``at, days`` (until the purchase, or until the day of the run)``, bought``, and `STAGE` if the
        file has it.
    features : DataFrame
        By ``lead_id``: what was known of them.
    curve : DataFrame
        From `survival.kaplan_meier`.
    horizon : int
        Days; 0 where nobody bought.
    drawn : bool
        Whether they are people drawn from a reference population.
    """

    rows: pd.DataFrame
    features: pd.DataFrame
    curve: pd.DataFrame
    horizon: int
    drawn: bool = False

    @property
    def decided(self) -> pd.DataFrame:
        """Those older than the horizon, ``won`` if they bought within it."""
        old = self.rows[(self.rows["age"] >= self.horizon) & (self.horizon > 0)]
        return old.assign(won=old["bought"] & (old["days"] <= self.horizon))


def prospects(leads: pd.DataFrame, as_of: date, profile: pd.DataFrame | None = None) -> Prospects:
    """Prospects with the delay of their purchases and the horizon that follows from it.

    Parameters
    ----------
    leads : DataFrame
        Table of the contract. Who bought before they were a prospect is none.
    as_of : date
    profile : DataFrame, optional
        A prospect found again as one of these customers bought with the customer's first order, whatever the file says.
    """
    end = pd.Timestamp(as_of).normalize()
    rows = leads.dropna(subset=["lead_id", "at"]).drop_duplicates("lead_id").set_index("lead_id")
    bought = rows["converted_at"] if "converted_at" in rows else pd.Series(pd.NaT, rows.index)
    if profile is not None and "first_order_at" in profile and "customer_no" in rows:
        bought = bought.fillna(rows["customer_no"].map(profile.set_index("customer_no")["first_order_at"]))
    since = rows["at"].dt.normalize()
    delay = (bought.dt.normalize() - since).dt.days
    keep = (since <= end) & ~delay.lt(0)
    rows, delay, age = rows[keep], delay[keep], (end - since[keep]).dt.days
    seen = delay.le(age).fillna(False).astype(bool)
    days = delay.where(seen, age).astype(int).clip(lower=1)
    table = pd.DataFrame({"at": rows["at"], "age": age, "days": days, "bought": seen}).join(rows.filter([STAGE]))
    curve = kaplan_meier(days, seen) if seen.any() else pd.DataFrame(columns=["day", "waiting"])
    gone = 1 - curve["waiting"]
    horizon = int(curve.loc[gone >= DECIDED * gone.max() - 1e-12, "day"].min()) if len(curve) else 0
    known = [name for name in rows if name not in NOT_KNOWN_THEN and rows[name].notna().any()]
    return Prospects(table, rows[known], curve, horizon)


def of_population(population: pd.DataFrame, as_of: date, seed: int = 1) -> Prospects:
    """People as they live in a reference population, to be compared with customers where no prospects are on file.

    Parameters
    ----------
    population : DataFrame
        Table of the contract. It has a share of each value and none of two together, so attributes are drawn as if
        they did not go together.
    as_of : date
    seed : int
    """
    rng, drawn = np.random.default_rng(seed), {}
    for name, part in population[population["share"].gt(0)].groupby("attribute"):
        drawn[name] = rng.choice(part["value"].to_numpy(object), DRAWN, p=part["share"] / part["share"].sum())
    features = pd.DataFrame(drawn, index=pd.RangeIndex(DRAWN if drawn else 0, name="lead_id"))
    rows = pd.DataFrame({"at": pd.Timestamp(as_of), "age": 0, "days": 1, "bought": False}, features.index)
    return Prospects(rows, features, pd.DataFrame(columns=["day", "waiting"]), 0, drawn=True)


def tried(found: Prospects, seed: int = 1) -> Tried:
    """The chance of a prospect to buy within the horizon: learnt before a day, tried on those who came after it.

    What is learnt from was decided on that day. The simple way takes everybody for alike. An unknown value is drawn
    from the known ones: who buys is asked for more, and what a file leaves open must not tell who bought.
    """
    old = found.decided
    none = Cases(found.features.head(0), pd.Series(dtype=bool))
    if not len(old) or not len(found.features.columns):
        return learn(none, none, seed, "")
    day = old["at"].max() - PART * (old["at"].max() - old["at"].min())
    before = old[old["at"] <= day - pd.Timedelta(days=found.horizon)]
    after = old[old["at"] > day]
    known = filled(found.features.loc[old.index], found.features, seed)
    learnt, later = (Cases(known.loc[part.index], part["won"].rename("lost")) for part in (before, after))
    model = learn(learnt, later, seed, "")
    return replace(model, p=_chances(model, found, model.p.index, seed)) if model.models else model


def filled(some: pd.DataFrame, of: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same rows, where a value is not known with that of somebody of whom it is."""
    rng, known = np.random.default_rng(seed), some
    for name in some:
        unknown = np.flatnonzero(some[name].isna())
        if not len(unknown):
            continue
        known = some.copy() if known is some else known
        drawn = of[name].dropna().sample(len(unknown), replace=True, random_state=rng)
        known.iloc[unknown, known.columns.get_loc(name)] = drawn.to_numpy()
    return known


def measured(model: Tried, seed: int = 1) -> Result:
    """How well it was foreseen who would buy, see `churn.quality`; beside the same chance for everybody."""
    title, about = N_("How well it was foreseen who would buy"), N_("{n:count} later prospects.")
    return quality(model, seed, "lead_quality", title, about)


def gains(model: Tried, measured: Result, horizon: int) -> Result:
    """Prospects by tenth of their chance, best first: ``lead_tenth, n`` (bought)``, base, share, expected_share``.

    It is claimed only if the chance did certainly better than the same for everybody.
    """
    table = tenths(model, "lead_tenth")
    skill = skill_of(measured) if len(measured) else (0.0, 0.0, 0.0)
    return Result(
        "lead_gains",
        table,
        Text(N_("Prospects who became customers, by how probable it had been")),
        ONE_MARGIN,
        (lambda frame: _gained(frame, model, skill)) if len(table) else None,
        int(len(table) > 0),
        Text(
            N_("Tenths of {n:count} later prospects, best first: share that bought within {days:count} days."),
            {"n": len(model.p), "days": horizon},
        ),
    )


def by_group(found: Prospects, orders: Orders | None = None) -> Result:
    """Which prospects bought more often than the others: every trait and the origin, one family."""
    old, parts = found.decided, []
    known = found.features.loc[old.index].rename_axis("customer_no").reset_index()
    won = old["won"].to_numpy(float)
    for group in members(known, found.features.columns, orders):
        inside, all_of = group.member.astype(float), group.known.astype(float)
        counts = {"n": won @ inside, "base": inside.sum(axis=0)}
        counts |= {"n_rest": won @ all_of - counts["n"], "base_rest": all_of.sum() - counts["base"]}
        table = pd.DataFrame(counts).astype(int)
        parts.append(table.assign(attribute=group.attribute, value=group.values))
    columns = compared("ratio")
    if not parts:
        return Result("lead_groups", pd.DataFrame(columns=columns), Text(N_("Which prospects become customers")))
    table = compare_shares(pd.concat(parts, ignore_index=True), MIN_BASE, ["attribute"])
    table["effect"] = table["effect"].abs()
    family = family_size(table, ["attribute"])
    return Result(
        "lead_groups",
        table[columns] if family else table.head(0)[columns],
        Text(N_("Which prospects become customers")),
        Disclosure(within=("attribute",)),
        teller(GROUPS, family, None, ["attribute", "value"]),
        family=family,
        about=Text(
            N_("{n:count} prospects older than {days:count} days: by then nine in ten of those who buy have bought."),
            {"n": len(old), "days": found.horizon},
        ),
    )


def scores(
    found: Prospects,
    model: Tried | None,
    groups: Result | None = None,
    worth: float = np.nan,
    capacity: int = 200,
    orders: Orders | None = None,
) -> pd.DataFrame:
    """Chance of each open prospect to buy, and the tenth among them; empty without a model that holds.

    Parameters
    ----------
    found : Prospects
    model : Tried or None
    groups : Result, optional
        From `by_group`: what is established of kinds of prospects is the reason.
    worth : float
        What a customer is worth on average.
    capacity : int
        Prospects who can be contacted first.
    orders : mapping, optional

    Returns
    -------
    DataFrame
        ``lead_id, p_converts, lead_tenth, expected_value, next_step, reason``, the best first; of equal ones who came
        last, then as in the file. Who has waited for long has less of the chance left: with the share G of the buyers
        who buy by that age, p becomes p (1 − G) / (1 − p G). The half with the lowest chance is not qualified.
    """
    open_ones = found.rows[~found.rows["bought"] & (found.rows["age"] < found.horizon)]
    if model is None or not model.models or not len(open_ones):
        return pd.DataFrame(columns=SCORES)
    p = _chances(model, found, open_ones.index, 0).to_numpy()
    gone = 1 - found.curve["waiting"].to_numpy()
    within = gone / gone[found.curve["day"].to_numpy() <= found.horizon].max()
    place = np.searchsorted(found.curve["day"].to_numpy(), open_ones["age"].to_numpy(), side="right") - 1
    share = np.where(place >= 0, np.minimum(within[np.maximum(place, 0)], 1), 0)
    left = pd.Series(p * (1 - share) / (1 - p * share), open_ones.index, name="p_converts")
    table = left.to_frame().assign(at=open_ones["at"], same=left.round(9)).rename_axis("lead_id").reset_index()
    table = table.sort_values(["same", "at"], ascending=False, kind="stable").reset_index(drop=True)
    table["lead_tenth"] = np.ceil((table.index + 1) / len(table) * TENTHS).astype(int)
    low, first = table["lead_tenth"] > TENTHS // 2, table.index < capacity
    table["next_step"], table["expected_value"] = (
        np.select([low, first], [UNFIT, FIRST], LATER),
        worth * table["p_converts"],
    )
    reasons = _reasons(found.features.loc[table["lead_id"]], groups, low.to_numpy(), orders)
    return table.assign(reason=reasons)[SCORES]


def steps(open_ones: pd.DataFrame) -> Result:
    """Open prospects by what to do next: ``next_step, n, base, share, expected_buyers, expected_value``."""
    grouped = open_ones.groupby("next_step")
    sums = {"p_converts": "expected_buyers", "expected_value": "expected_value"}
    table = grouped[list(sums)].sum(min_count=1).rename(columns=sums).assign(n=grouped.size(), base=len(open_ones))
    table = table.reindex([name for name in STEPS if name in table.index]).rename_axis("next_step").reset_index()
    table["share"] = table["n"] / table["base"]
    return Result(
        "lead_steps",
        table[["next_step", "n", "base", "share", *sums.values()]],
        Text(N_("What to do next with the open prospects")),
        ONE_MARGIN,
        _next,
        about=Text(
            N_(
                "Each of the {n:count} prospects of whom nothing is decided is in one row; the list is kept with the "
                "run."
            ),
            {"n": len(open_ones)},
        ),
        columns=["next_step", "n", "share", *sums.values()],
    )


def _chances(model: Tried, found: Prospects, who: pd.Index, seed: int) -> pd.Series:
    """Chance to buy within the horizon, the mean over values that may be the unknown ones."""
    some = found.features.loc[who, list(model.models[0].feature_names_in_)]
    p, unknown = foreseen(model.models, some), some.isna().any(axis=1)
    if unknown.any():
        turns = (filled(some[unknown], found.features, seed + turn) for turn in range(FILLINGS))
        p[unknown] = np.mean([foreseen(model.models, turn) for turn in turns], axis=0)
    return p


def _reasons(known: pd.DataFrame, groups: Result | None, low: np.ndarray, orders: Orders | None) -> np.ndarray:
    """What is established of a prospect's kind and speaks for their place: the strongest first, empty if nothing."""
    reason = np.full(len(known), "", dtype=object)
    if groups is None or not len(groups.frame):
        return reason
    rows = strongest(groups.frame, None, ["attribute", "value"])
    profile = known.rename_axis("customer_no").reset_index()
    of = {group.attribute: group for group in members(profile, rows["attribute"].unique(), orders)}
    for row in rows.itertuples():
        has = of[row.attribute].member[:, of[row.attribute].values.index(row.value)]
        reason[has & (low == (row.ratio < 1)) & (reason == "")] = f"{row.attribute}: {row.value}"
    return reason


def _next(table: pd.DataFrame) -> list[Finding]:
    """Whom to contact first, and what is expected of it."""
    rows = shown(table).set_index("next_step")
    if FIRST not in rows.index:
        return []
    row = rows.loc[FIRST]
    money = N_("Contact {n:count} prospects first: {buyers:count} of them are expected to buy, worth {worth:money}.")
    values: dict[str, float] = {"n": int(row["n"]), "buyers": round(float(row["expected_buyers"]))}
    if np.isfinite(worth := float(row["expected_value"])):
        values["worth"] = worth
    message = (
        money
        if "worth" in values
        else N_("Contact {n:count} prospects first: {buyers:count} of them are expected to buy.")
    )
    return [Finding(message, values, id="leads.first", n=int(row["n"]), reach=int(row["n"]), effect=0.2)]


def limits(found: Prospects, model: Tried) -> list[Limit]:
    """That there are no prospects, or too few."""
    if not len(found.rows):
        return [Limit(N_("Which prospects become customers"), needs=NEEDS["leads"])]
    question = N_("Whether it can be told beforehand which prospects become customers")
    return [] if model.models else [Limit(question, needs=N_("more prospects who bought, and their traits"))]


def told(model: Tried) -> list[Text]:
    """A sentence for each column that told too much."""
    message = N_("“{name:label}” tells nearly by itself who bought, so it was probably written down later: left out.")
    return [Text(message, {"name": name}) for name in model.left_out]


def facts(found: Prospects, model: Tried, open_ones: pd.DataFrame) -> dict[str, int]:
    """Prospects, the horizon in days, those tried on, those who are open and how many of them are expected to buy."""
    return {
        "leads": len(found.rows),
        "lead_horizon_days": found.horizon,
        "leads_tried": len(model.p),
        "leads_open": len(open_ones),
        "leads_expected": round(open_ones["p_converts"].astype(float).sum()),
    }


GROUPS = Claims(
    "leads",
    N_(
        "{attribute:label} “{value:value}”: {share:part} of these prospects became customers, of the other prospects "
        "{rest:part}."
    ),
    key=("attribute", "value"),
    nothing=N_("No kind of prospects became customers more often than the others ({family:count} comparisons)."),
    test=N_("Fisher’s exact test or χ² test, Benjamini–Hochberg"),
    reach="base",
    effect=difference,
    most=3,
)


def _gained(table: pd.DataFrame, model: Tried, skill: tuple[float, float, float]) -> list[Finding]:
    n, everybody = len(model.lost), float(model.lost.mean())
    test = N_("Brier score against the same chance for everybody, bootstrap over prospects")
    first, half = table.iloc[0], table[table["lead_tenth"] > TENTHS // 2]
    if skill[1] <= 0 or first["hidden"]:
        message = N_("Prospects cannot be ranked by their chance to buy: it was foreseen no better than by the mean.")
        return [Finding(message, {}, id="leads.nothing", n=n, interval=skill[1:], test=test, kind="nothing")]
    share = float(first["share"])
    ends = (float(first["share_low"]), float(first["share_high"]))
    message = N_("Of the best tenth of the prospects {share:part} bought, of all {all:part}.")
    values = {"share": share, "all": everybody}
    effect = float(from_shares(share, everybody))
    best = Finding(message, values, id="leads.tenth", n=n, interval=ends, test=test, effect=effect, reach=n)
    if half["hidden"].sum() in (1, 2):  # their sum would tell too much of them
        return [best]
    rest = half["n"].sum() / half["base"].sum()
    lowest = N_("The half with the lowest chance can wait: {share:part} of them bought.")
    return [best, Finding(lowest, {"share": float(rest)}, id="leads.half", n=int(half["base"].sum()))]
