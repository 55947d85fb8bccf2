"""What follows a pain: score, leaving, spend and further contacts, adjusted for who the customers are.

Only what came after the pain counts, and only a pain that came before: who stays longer has more time for pains, orders
and tickets, which would make every pain look as if it kept customers. Nobody was made to suffer at random, so nothing
here says that a pain makes scores fall or customers leave: it is an association. Beside every one stands the E-value:
how strongly something that nobody measured would have to go with both the pain and the outcome to explain it away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from scipy import special, stats

from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust, cohens_h, family_size, rate_ratio
from ...stats.effect_sizes import from_d
from ...stats.intervals import z_value
from ...stats.regression import e_value, full_rank, linear, poisson
from ...stats.survival import cox, split
from ..demographics.categories import bands, values_of
from ..feedback.metrics import METRICS, answers, latest
from .observations import BEHAVIOUR, Evidence

SCORES = ("nps", "csat", "stars")
"""The first score that somebody has given tells how content a customer is."""

WHO = ("age_band", "gender", "region", "tenure_days")
"""Who the customers are, as far as known: what every effect is adjusted for. Age and sex differ between the sufferers
of almost any pain, the region stands for how goods and services get there, and time as a customer for how long there
was for pains, orders and tickets to add up."""

MIN_LEVEL = 20
"""Customers that a value of a covariate needs; rarer ones are taken together."""

MIN_HIT = 20
"""Sufferers, and others, whose outcome is known: below it nothing is estimated."""

MIN_EVENTS = 5
"""Sufferers with and without a yes-or-no outcome, and as many others: below it the ratio has no usable interval."""

LEFT = frozenset(("churned", "cancelled", "canceled", "terminated", "left", "lapsed", "gekündigt", "abgewandert"))
"""Values of a customer's status that mean that the customer has gone."""

LAPSE_GAPS, LAPSE_ORDERS = 3, 3
"""A customer with at least three orders counts as lapsed after three times their own mean gap between orders without
one: of customers who buy at random at a steady rate only exp(−3) = 5 % wait that long."""

HALF_YEAR = pd.Timedelta(days=182)
"""Spend and tickets are those of the half year from the pain on; in the half year before it, customers are alike."""

STATED = "customers"
"""Table from which reasons come that a customer states once, such as that of a termination."""

_FROM = {"spend": "transactions", "tickets": "tickets"}
_YES_OR_NO = ("low_score", "tickets")
COLUMNS = [
    *("pain", "evidence", "outcome", "n", "base", "raw", "raw_rest"),
    *("difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high"),
    *("e_value", "e_limit", "p", "p_adjusted", "effect", "claim"),
]
PUBLISHED = [name for name in COLUMNS if name not in ("raw", "raw_rest")]
"""Means as they are stay here: a share of few sufferers tells of single ones."""


def lapsed(profile: pd.DataFrame) -> pd.Series | None:
    """Who has left or lapsed: as stated, else by the own rhythm of orders; 1 and 0, None where nothing tells it."""
    if (stated := _stated(profile)) is not None:
        return stated
    if {"orders", "first_order_at", "last_order_at", "recency_days"} <= set(profile):
        span = (profile["last_order_at"] - profile["first_order_at"]).dt.total_seconds() / 86_400
        gap = span / (profile["orders"] - 1).where(profile["orders"] >= LAPSE_ORDERS)
        told = gap.gt(0)
        if told.any():
            return (profile["recency_days"].astype(float) > LAPSE_GAPS * gap).astype(float).where(told)
    return None


def watched(profile: pd.DataFrame, orders: pd.DataFrame, pains: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """From when to when it would be seen that a customer leaves, and whether it was.

    Of who has left, the day is not on file. Somebody who buys at random at a steady rate leaves on average one mean gap
    after the last order, so that is taken; where leaving is stated, the last pain if it came later: it is a sign of
    life. Of a lapse it is not: who has only paused would seem to leave right after the pain. Where leaving shows in the
    orders alone, nobody can be seen to leave before the third order, nor in the last two gaps before the run.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    orders, pains : DataFrame
        ``customer_no, at``.
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``customer_no, start`` (first order)``, entry, exit, left``: days, and whether they left on the last; only
        customers of whom it can be told.
    """
    gone = lapsed(profile)
    if gone is None or not len(orders):
        return pd.DataFrame(columns=["customer_no", "start", "entry", "exit", "left"])
    days = orders[["customer_no", "at"]].dropna().assign(at=lambda table: table["at"].dt.normalize()).drop_duplicates()
    days = days.sort_values(["customer_no", "at"])
    each = days.groupby("customer_no")["at"].agg(start="min", last="max", times="size")
    each["entry"] = (
        days.groupby("customer_no")["at"]
        .nth(LAPSE_ORDERS - 1)
        .set_axis(days.loc[days.groupby("customer_no").cumcount() == LAPSE_ORDERS - 1, "customer_no"])
    )
    gap = ((each["last"] - each["start"]) / (each["times"] - 1).where(each["times"] > 1)).dt.total_seconds() / 86_400
    gap = pd.to_timedelta(gap.fillna(gap.median()), unit="D")
    each["left"] = gone.set_axis(profile["customer_no"]).reindex(each.index)
    end, kept = pd.Timestamp(as_of) + pd.Timedelta(days=1), each["left"] == 0
    alive = pains.groupby("customer_no")["at"].max().reindex(each.index) + pd.Timedelta(days=1)
    gone_on = each["last"] + gap
    if leaving_is_stated(profile):
        gone_on = gone_on.mask(alive > gone_on, alive).clip(upper=end)
        each["entry"], each["exit"] = each["start"], gone_on.mask(kept, end)
    else:
        each["exit"] = gone_on.mask(kept, end - (LAPSE_GAPS - 1) * gap)
    known = each["left"].notna() & (each["exit"] > each["entry"])
    return each[known].reset_index()[["customer_no", "start", "entry", "exit", "left"]].astype({"left": bool})


def leaving_is_stated(profile: pd.DataFrame) -> bool:
    """Whether a customer's status says who has left: then `outcomes` reads it there, not from the last order."""
    return _stated(profile) is not None


def covariates(profile: pd.DataFrame) -> list[str]:
    """Columns of `WHO` that tell customers apart; of an age without bands the age itself."""
    named = ["age" if name == "age_band" and name not in profile and "age" in profile else name for name in WHO]
    return [name for name in named if name in profile and profile[name].nunique() > 1]


def costs(
    evidence: Evidence, profile: pd.DataFrame, alike: pd.DataFrame, tables: Mapping[str, pd.DataFrame], as_of: date
) -> Result:
    """What follows each pain.

    The latest score is compared between those who had the pain before they gave it and the others, by linear regression
    with HC3 errors (Long & Ervin 2000, The American Statistician 54:217–224); whether it is low by Poisson regression
    with robust errors, a ratio of risks (Zou 2004, American Journal of Epidemiology 159:702–706). Leaving is a Cox
    regression in which a customer is without the pain until the day it came (`stats.survival.cox`). Spend and
    tickets are those of the half year from the pain on, against a half year of customers without it so far, alike in
    what they ordered, and when last, in the half year before. Spend has a tail so heavy that means and their errors
    tell little: ranks are compared, ``ratio`` is how many times as often a sufferer spends more than another customer
    as less. Every pain has a model of its own, with the covariates and the number of
    other pains of the same kind at that time. Those who state why they left have no day, so only their scores are
    compared, with those of customers who state another reason.

    Parameters
    ----------
    evidence : Evidence
        Of behaviour, each customer's latest occasion counts.
    profile : DataFrame
        One row per customer.
    alike : DataFrame
        What comparable customers are alike in, with the index of the profile: columns of the profile (`covariates`) or
        any others; numbers are banded. No columns: the customers are compared as they are.
    tables : mapping of str to DataFrame
        ``feedback, transactions, tickets`` as far as a source fills them.
    as_of : date
        Day of the run.

    Returns
    -------
    Result
        ``pain, evidence, outcome, n`` (sufferers whose outcome is known)``, base`` (all of whom it is)``, raw,
        raw_rest`` (mean of sufferers and of others, as it is; of leaving, per year)``, difference`` with interval
        (score only)``, ratio`` with interval (all else)``, e_value, e_limit, p, p_adjusted, effect`` (standard
        deviations, also where it is a ratio)``, claim``; one family; what is claimed comes first, then the strongest.
        An outcome that is counted from the same rows as the pain is left out.
    """
    from threadpoolctl import threadpool_limits

    names, metric = evidence.names, _metric(tables)
    from_table = "customers" if leaving_is_stated(profile) else "transactions"
    rows = []
    with threadpool_limits(1):
        for outcome, y, before in _scores(profile, tables, metric):
            hit, exposed = evidence.matrix(profile["customer_no"], before)
            controls = _dummies(alike)
            for at, pain in enumerate(names.itertuples()):
                stated = pain.source == STATED
                others = hit[:, (names["evidence"] == pain.evidence).to_numpy()].sum(axis=1) - hit[:, at]
                among = hit[:, (names["source"] == STATED).to_numpy()].any(axis=1) if stated else before.notna()
                asked = exposed[:, at] & ~np.isnan(y) & among
                row = {"evidence": pain.evidence, "pain": pain.pain, "outcome": outcome}
                compared = _compared(outcome, y[asked], hit[asked, at], np.column_stack([controls, others])[asked])
                rows.append(row | compared)
        known = alike.set_axis(pd.Index(profile["customer_no"]))
        for outcome, table in _FROM.items():
            if not all(len(tables.get(name, ())) for name in ("transactions", table)):
                continue
            for pain in names[names["source"] != STATED].itertuples():
                if table not in pain.source.split("+"):
                    row = {"evidence": pain.evidence, "pain": pain.pain, "outcome": outcome}
                    rows.append(row | _afterwards(outcome, tables, evidence, pain.pain, known, as_of))
        stay = watched(profile, tables.get("transactions", pd.DataFrame()), evidence.hits, as_of)
        place = pd.Index(profile["customer_no"]).get_indexer(stay["customer_no"])
        fixed = _dummies(alike.drop(columns="tenure_days", errors="ignore").iloc[place])  # it is the time scale
        for pain in names[names["source"] != STATED].itertuples() if len(stay) else ():
            if from_table not in pain.source.split("+"):
                row = {"evidence": pain.evidence, "pain": pain.pain, "outcome": "lapsed"}
                rows.append(row | _leaving(stay, evidence, pain.pain, fixed))
    text = dict.fromkeys(("pain", "evidence", "outcome"), "str") | {"n": "int64", "base": "int64"}
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in ("p_adjusted", "claim")])
    table = adjust(table.astype(dict.fromkeys(set(table) - set(text), float) | text))
    family = family_size(table)
    order = np.lexsort((table["outcome"], table["pain"], -table["effect"].abs().fillna(-1).round(9), ~table["claim"]))
    return Result(
        "pain_costs",
        table.iloc[order].loc[lambda rows: rows["n"] > 0, COLUMNS].reset_index(drop=True),
        Text(N_("What follows each pain, adjusted for who the customers are")),
        OVERLAPPING,
        claims=partial(_claims, family=family, metric=metric),
        family=family,
        about=Text(N_("Compared with customers who are alike otherwise; {n:count} customers."), {"n": len(profile)}),
        columns=PUBLISHED,
    )


def low_scores(table: pd.DataFrame) -> Result:
    """Pains by how many low scores more their sufferers gave than as many others would have; as it is, not adjusted.

    Parameters
    ----------
    table : DataFrame
        Rows of `costs` whose outcome is a low score.

    Returns
    -------
    Result
        ``pain, evidence, n`` (low scores of sufferers)``, base`` (their scores)``, share, n_rest, base_rest,
        share_rest, ratio`` with the interval of `comparisons.rate_ratio`, ``low_scores_more`` (low scores above what
        the others' share would give); most first.
    """
    rows = table.rename(columns={"raw": "share", "raw_rest": "share_rest"})
    rows = rows.assign(base_rest=rows["base"] - rows["n"], base=rows["n"]).reset_index(drop=True)
    rows = rows.assign(
        n=(rows["share"] * rows["base"]).round().astype(int),
        n_rest=(rows["share_rest"] * rows["base_rest"]).round().astype(int),
        low_scores_more=rows["base"] * (rows["share"] - rows["share_rest"]),
    )
    ratio = rate_ratio(rows["n"], rows["base"], rows["n_rest"], rows["base_rest"])
    rows = rows.assign(ratio=ratio.ratio, ratio_low=ratio.low, ratio_high=ratio.high)
    rows = rows.sort_values(["low_scores_more", "pain"], ascending=[False, True], kind="stable", ignore_index=True)
    counted = ["n", "base", "share", "n_rest", "base_rest", "share_rest"]
    return Result(
        "pain_low_scores",
        rows[["pain", "evidence", *counted, "ratio", "ratio_low", "ratio_high", "low_scores_more"]],
        Text(N_("Pains by the low scores they go with, most first; not adjusted")),
        OVERLAPPING,
        needs="feedback",
    )


def limits(tables: Mapping[str, pd.DataFrame]) -> list[Limit]:
    """What cannot be told of what follows pains, because there are neither scores nor orders."""
    found = []
    if not _metric(tables):
        found.append(Limit(N_("Whether those who have a pain score lower"), needs=NEEDS["feedback"]))
    if not len(tables.get("transactions", ())):
        found.append(Limit(N_("Whether those who have a pain spend less"), needs=NEEDS["transactions"]))
    return found


def _claims(table: pd.DataFrame, family: int, metric: str) -> list[Finding]:
    """The pains that a worse outcome follows, strongest first, or that none does; association throughout."""
    worse = np.where(table["outcome"].isin(["score", "spend"]), -1, 1) * table["effect"] > 0
    table = table.assign(claim=table["claim"] & worse & ~table["hidden"].astype(bool))
    told = table[table["claim"]]
    if (told["outcome"] == "score").any():  # a low score says the same again
        told = told[told["outcome"] != "low_score"]
    strength = told["effect"].abs().where(told["outcome"] != "low_score", -1)
    told = told.assign(metric=metric)
    for name, mirrored in {"": "", "_low": "_high", "_high": "_low"}.items():
        sizes = [-told[f"difference{mirrored}"], 1 / (1 + told[f"ratio{mirrored}"])]
        told[f"size{name}"] = np.select(
            [told["outcome"] == "score", told["outcome"] == "spend"], sizes, told[f"ratio{name}"]
        )
    order = np.lexsort((told["pain"], -strength))
    return CLAIMS.tell(table, family, told.iloc[order])


_RECOMMEND = N_(
    "Customers who had “{pain:label}” recommend us less: {size:number} points of 10 lower than similar customers."
)
_MESSAGES = {
    "score": N_(
        "Customers who had “{pain:label}” are less content: {size:number} points lower than similar customers."
    ),
    "low_score": N_(
        "Customers who had “{pain:label}” are discontent {size:ratio} times as often as similar customers."
    ),
    "lapsed": N_(
        "Customers who had “{pain:label}” leave sooner: in the same time {size:ratio} times as many as of similar "
        "customers."
    ),
    "spend": N_("After “{pain:label}” customers spend less: {size:part} of them less than a similar customer."),
    "tickets": N_(
        "After “{pain:label}” customers need help more often: {size:ratio} times as many as of similar customers."
    ),
}


CLAIMS = Claims(
    "cost",
    lambda row: _RECOMMEND if (row.outcome, row.metric) == ("score", "nps") else _MESSAGES[row.outcome],
    {"pain": "pain", "size": "size"},
    key=("outcome", "pain"),
    nothing=N_("After no pain customers score lower, leave, spend less or need more help than similar customers."),
    test=N_("regression adjusted for who the customers are, robust errors, Benjamini–Hochberg"),
    estimate="size",
    effect=lambda row: from_d(row.effect),
    most=12,
)


def _stated(profile: pd.DataFrame) -> pd.Series | None:
    """Who has left, as the status of the customers says it; None if it does not."""
    if "status" not in profile:
        return None
    status = values_of(profile["status"]).astype("object")
    gone = status.map(lambda value: isinstance(value, str) and value.casefold() in LEFT)
    return gone.astype(float).mask(status.isna()) if gone.any() and not gone.all() else None


def _metric(tables: Mapping[str, pd.DataFrame]) -> str:
    """The score that tells how content customers are; "" where none has a day."""
    feedback = tables.get("feedback", pd.DataFrame())
    given = set(answers(feedback)["metric"]) if len(feedback) else set()
    return next((name for name in SCORES if name in given), "")


def _scores(
    profile: pd.DataFrame, tables: Mapping[str, pd.DataFrame], metric: str
) -> Iterator[tuple[str, np.ndarray, pd.Series]]:
    """The latest score and whether it is low, by customer, and the time before which a pain counts."""
    if metric:
        given = latest(answers(tables["feedback"])).query("metric == @metric").dropna(subset="customer_no")
        given = given.set_index("customer_no")[["score", "at"]].reindex(pd.Index(profile["customer_no"]))
        score = given["score"].to_numpy(float)
        yield "score", score, given["at"]
        yield "low_score", np.where(np.isnan(score), np.nan, score.round(9) <= METRICS[metric].poor), given["at"]


def _afterwards(
    outcome: str, tables: Mapping[str, pd.DataFrame], evidence: Evidence, pain: str, alike: pd.DataFrame, as_of: date
) -> dict[str, float]:
    """One row of `costs`: spend or tickets from the pain on, against as long a time of customers without it so far.

    The time of the others begins on the day of some sufferer's pain, drawn for each. Whoever has waited longer than
    their own mean gap of the half year before may have left, which a pain would deny, and is no part of it.
    """
    orders = tables["transactions"].dropna(subset=["customer_no", "at"])
    rows = orders if outcome == "spend" else tables["tickets"].dropna(subset=["customer_no", "opened_at"])
    rows = rows if outcome == "spend" else rows.assign(at=rows["opened_at"], amount=1.0)
    end, first = pd.Timestamp(as_of) + pd.Timedelta(days=1), evidence.hits.dropna(subset="at")
    first = first.groupby(["pain", "customer_no"])["at"].min()
    came = first.xs(pain) if pain in first.index else first.droplevel(0)[:0]
    came = came[came.index.isin(alike.index)]
    if came.empty:
        return {"n": 0, "base": 0}
    drawn = pd.Series(np.random.default_rng(len(came)).choice(came.to_numpy(), len(alike)), alike.index)
    drawn = drawn[~(came.reindex(drawn.index) <= drawn)]
    kind = evidence.names.set_index("pain")["evidence"]
    if kind[pain] == BEHAVIOUR:
        met = evidence.occasions[evidence.occasions["pain"] == pain].groupby("customer_no")["at"].min()
        drawn = drawn[met.reindex(drawn.index) <= drawn]
    watch = pd.concat([came.rename("day"), drawn.rename("day")]).rename_axis("customer_no").reset_index()
    watch["hit"] = np.arange(len(watch)) < len(came)
    begun = min(rows["at"].min(), orders["at"].min())
    watch = watch[(watch["day"] + HALF_YEAR <= end) & (watch["day"] - HALF_YEAR >= begun)].reset_index(drop=True)

    def near(events: pd.DataFrame) -> pd.DataFrame:
        joined = watch.reset_index()[["index", "customer_no", "day"]].merge(
            events[["customer_no", "at"]].assign(amount=events.get("amount", 1.0)),
            on="customer_no",
        )
        joined["since"] = (joined["at"] - joined["day"]).dt.total_seconds()
        return joined[joined["since"].between(-HALF_YEAR.total_seconds(), HALF_YEAR.total_seconds(), inclusive="left")]

    bought, asked = near(orders), near(rows)
    earlier = bought[bought["since"] < 0].groupby("index")
    before = pd.DataFrame({"spend": earlier["amount"].sum(), "orders": earlier.size(), "last": earlier["since"].max()})
    before = before[-before["last"] * before["orders"] <= HALF_YEAR.total_seconds()]
    asked_before = asked[asked["since"] < 0].groupby("index")["amount"].sum().reindex(before.index).fillna(0)
    after = asked[asked["since"] >= 0].groupby("index")["amount"].sum().reindex(before.index).fillna(0).clip(lower=0)
    watch = watch.loc[before.index]
    kin = [name for name in kind.index[(kind == kind[pain]) & (kind.index != pain)] if name in first.index]
    others = sum((first.xs(name).reindex(watch["customer_no"]).to_numpy() < watch["day"].to_numpy() for name in kin), 0)
    tenths = before.rank(pct=True).to_numpy()[:, :, None] > np.arange(1, 10) / 10
    y = after.to_numpy(float) if outcome == "spend" else after.gt(0).to_numpy(float)
    fixed = _dummies(alike.loc[watch["customer_no"]])
    controls = [tenths.reshape(len(before), 27), asked_before.gt(0), np.broadcast_to(others, len(before)), fixed]
    return _compared(outcome, y, watch["hit"].to_numpy(), np.column_stack(controls))


def _leaving(stay: pd.DataFrame, evidence: Evidence, pain: str, fixed: np.ndarray) -> dict[str, float]:
    """One row of `costs`: do customers leave sooner once they have had the pain?"""
    customers = pd.Index(stay["customer_no"])
    kind = evidence.names.set_index("pain")["evidence"]
    first = evidence.hits.dropna(subset="at").groupby(["pain", "customer_no"])["at"].min()
    came = {name: first.xs(name).reindex(customers) for name in kind.index[kind == kind[pain]] if name in first.index}
    entry = stay["entry"]
    if kind[pain] == BEHAVIOUR:
        met = evidence.occasions[evidence.occasions["pain"] == pain].groupby("customer_no")["at"].min()
        met = met.reindex(customers).set_axis(stay.index)
        entry = entry.where(entry > met, met)

    def days(at: pd.Series) -> np.ndarray:
        return (at.set_axis(stay.index) - stay["start"]).dt.total_seconds().to_numpy() / 86_400

    begin, stop = days(entry), days(stay["exit"])
    counted = begin < stop
    if pain not in came:
        return {"n": 0, "base": int(counted.sum())}
    changes = np.column_stack([days(came.pop(pain)), *(days(at) for at in came.values())])
    rows = split(begin[counted], stop[counted], stay["left"].to_numpy()[counted], changes[counted])
    hit, others = rows.changed[:, 0], rows.changed[:, 1:].sum(axis=1)
    n = len(np.unique(rows.who[hit]))
    row: dict[str, float] = {"n": n, "base": int(counted.sum())}
    for name, side in (("raw", hit), ("raw_rest", ~hit)):
        row[name] = rows.event[side].sum() / max((rows.stop - rows.start)[side].sum() / 365, 1e-9)
    if min(n, row["base"] - n) < MIN_HIT or min(rows.event[hit].sum(), rows.event[~hit].sum()) < MIN_EVENTS:
        return row
    b, error = cox(rows.start, rows.stop, rows.event, np.column_stack([hit, others, fixed[counted][rows.who]]))
    return row | _ratio(b, error) | {"effect": b * np.sqrt(6) / np.pi}


def _dummies(alike: pd.DataFrame) -> np.ndarray:
    """Covariates as columns of 0 and 1; the unknown are a value, rare values are one."""
    columns = []
    for _, column in alike.items():
        number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        values = values_of(bands(column) if number else column).astype("object").fillna("")
        sizes = values.value_counts()
        values = values.where(values.map(sizes) >= MIN_LEVEL, "rare")
        columns += [(values == value).to_numpy(float) for value in sorted(values.unique())[1:]]
    return np.column_stack(columns) if columns else np.empty((len(alike), 0))


def _compared(outcome: str, y: np.ndarray, suffers: np.ndarray, controls: np.ndarray) -> dict[str, float]:
    """One row of `costs`: sufferers against others."""
    n, rest = int(suffers.sum()), int((~suffers).sum())
    row: dict[str, float] = {"n": n, "base": n + rest}
    row |= {"raw": y[suffers].mean() if n else np.nan, "raw_rest": y[~suffers].mean() if rest else np.nan}
    if min(n, rest) < MIN_HIT or y.std() == 0:
        return row
    design = full_rank(np.column_stack([np.ones(len(y)), suffers, controls]))
    if outcome in _YES_OR_NO:
        counts = [np.bincount(y[who].astype(int), minlength=2).min() for who in (suffers, ~suffers)]
        if min(counts) < MIN_EVENTS:
            return row
        coefficients, errors = poisson(y, design)
        return row | _ratio(coefficients[1], errors[1]) | {"effect": float(cohens_h(row["raw"], row["raw_rest"]))}
    values = y if outcome == "score" else stats.rankdata(y) / len(y)
    coefficients, errors = linear(values, design)
    b, error = coefficients[1], errors[1]
    if not (np.isfinite(b) and error > 0):
        return row
    sd = np.sqrt(((n - 1) * values[suffers].var(ddof=1) + (rest - 1) * values[~suffers].var(ddof=1)) / (n + rest - 2))
    # A difference of d standard deviations is about as strong as a risk ratio of exp(0.91 d), VanderWeele & Ding.
    row |= _ratio(0.91 * b / sd, 0.91 * error / sd) | {"effect": b / sd}
    ends = b + np.array([0, -1, 1]) * z_value() * error
    if outcome == "score":
        ratios, differences = np.full(3, np.nan), ends
    else:  # the mean rank of sufferers less that of others is the chance to have more, less one half
        ends = np.clip(ends, -0.499, 0.499)
        ratios, differences = (0.5 + ends) / (0.5 - ends), np.full(3, np.nan)
    for name, values in (("ratio", ratios), ("difference", differences)):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
    return row


def _ratio(b: float, error: float) -> dict[str, float]:
    """Ratio with interval, p and E-value of a log ratio."""
    if not (np.isfinite(b) and error > 0):
        return {}
    ends = tuple(np.exp(b + np.array([0, -1, 1]) * z_value() * error))
    value, limit = e_value(*ends)
    found = dict(zip(("ratio", "ratio_low", "ratio_high"), ends, strict=True))
    return found | {"p": float(2 * special.ndtr(-abs(b / error))), "e_value": value, "e_limit": limit}
