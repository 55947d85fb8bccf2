"""What a pain goes with: score, lapse, spend and further contacts, adjusted for who the customers are.

Nobody was made to suffer at random, so nothing here says that a pain makes scores fall or customers leave: it is an
association. Beside every one stands the E-value: how strongly something that nobody measured would have to go with
both the pain and the outcome to explain it away.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import norm

from ...codes import LAPSED_BY_CHANCE, LEFT
from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Result
from ...stats.claims import Claims
from ...stats.comparisons import cohens_h, corrected, rate_ratio
from ...stats.effect_sizes import from_d, from_ratio
from ...stats.intervals import CONFIDENCE, z_value
from ...stats.regression import e_value, full_rank, linear, poisson
from ...stats.survival import cox
from ..demographics.categories import bands, values_of
from ..spend import spend_by_group
from .aftermath import Records, followed, lifetimes, scored, spells
from .observations import STATED, YEAR_DAYS, Evidence, met_since

SCORES = ("nps_score", "csat_score", "stars_score")
"""The first score that the profile has tells how content a customer is."""

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

LAPSE_ORDERS = 3
"""Orders from which a customer has a rhythm of their own by which they may lapse."""

_FROM = {"spend": "transactions", "tickets": "tickets"}
COLUMNS = [
    *("pain", "evidence", "outcome", "n", "base", "raw", "raw_rest"),
    *("difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high"),
    *("e_value", "e_limit", "p", "p_adjusted", "effect", "claim"),
]
PUBLISHED = [name for name in COLUMNS if name not in ("raw", "raw_rest")]
"""Means as they are stay here: a share of few sufferers tells of single ones."""


def outcomes(profile: pd.DataFrame) -> pd.DataFrame:
    """What the profile knows of how customers fare: their score, whether they left or lapsed, and what they spend.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.

    Returns
    -------
    DataFrame
        Index of the profile, ``score, lapsed`` (1 or 0)``, spend`` as far as known; missing where unknown.
    """
    found = pd.DataFrame(index=profile.index)
    if score := _score(profile):
        found["score"] = profile[score].astype(float)
    lapsed = _lapsed(profile)
    if lapsed is not None:
        found["lapsed"] = lapsed
    if "spend" in profile and profile["spend"].gt(0).any():
        found["spend"] = profile["spend"].astype(float).clip(lower=0)
    return found


def leaving_is_stated(profile: pd.DataFrame) -> bool:
    """Whether a customer's status says who has left: then `outcomes` reads it there, not from the last order."""
    return _stated(profile) is not None


def covariates(profile: pd.DataFrame) -> list[str]:
    """Columns of `WHO` that tell customers apart; of an age without bands the age itself."""
    named = ["age" if name == "age_band" and name not in profile and "age" in profile else name for name in WHO]
    return [name for name in named if name in profile and profile[name].nunique() > 1]


def costs(
    evidence: Evidence,
    profile: pd.DataFrame,
    alike: pd.DataFrame,
    records: Records,
    as_of: date,
    min_group: int = 10,
) -> Result:
    """What goes with each pain, and came after it.

    Scores, and the logarithm of what is spent, are compared by linear regression with HC3 errors (Long & Ervin 2000,
    The American Statistician 54:217–224), which holds for the heavy tails of spend where a regression of the amounts
    does not; low scores and further tickets by Poisson regression with robust errors, a ratio of risks (Zou 2004,
    American Journal of Epidemiology 159:702–706); leaving by Cox's model, in which a customer suffers from the first
    sign of the pain on. Every pain has a model of its own, with the covariates and the other pains of the same kind.
    A pain without days is compared with the score alone: of nothing else is known that it came after. Those who state
    why they left differ from those who stayed in more than the reason, and are compared with those who state another.

    Parameters
    ----------
    evidence : Evidence
        Of behaviour, each customer's latest occasion counts.
    profile : DataFrame
        One row per customer.
    alike : DataFrame
        What comparable customers are alike in, with the index of the profile: columns of the profile (`covariates`) or
        any others; numbers are banded. No columns: the customers are compared as they are.
    records : mapping of str to DataFrame
        ``feedback, transactions, tickets``, as far as a source fills them: when what happened.
    as_of : date
        Day of the run.
    min_group : int
        Smallest count that may be spoken of (``privacy.min_group_size``).

    Returns
    -------
    Result
        ``pain, evidence, outcome, n`` (sufferers whose outcome is known)``, base`` (all of whom it is)``, raw,
        raw_rest`` (mean of sufferers and of others, as it is)``, difference`` with interval (score only)``, ratio``
        with interval (all else)``, e_value, e_limit, p, p_adjusted, effect`` (Cohen's d, his h, or the logarithm of
        the ratio)``, claim``; one family; what is claimed comes first, by the harm it does in all, then the strongest.
        An outcome that is counted from the same rows as the pain is left out.
    """
    from threadpoolctl import threadpool_limits

    names, controls = evidence.names, _dummies(alike)
    score, left = _score(profile), _lapsed(profile)
    known = scored(profile, records.get("feedback"), score) if score else {}
    known |= followed(profile, records, left, as_of)
    traces = evidence if leaving_is_stated(profile) else None
    lives = None if left is None else lifetimes(profile, left, traces, as_of)
    counted_from = _FROM | {"lapsed": "customers" if leaving_is_stated(profile) else "transactions"}
    dated = set(evidence.hits.loc[evidence.hits["at"].notna(), "pain"])
    rows = []
    with threadpool_limits(1):
        for outcome, of in known.items():
            ends = of.until.set_axis(profile["customer_no"])
            hit, exposed = evidence.until(ends).matrix(profile["customer_no"], names)
            for at, pain in enumerate(names.itertuples()):
                scores = outcome in ("score", "low_score")
                if counted_from.get(outcome) in pain.source.split("+") or not (scores or pain.pain in dated):
                    continue
                others = hit[:, (names["evidence"] == pain.evidence).to_numpy()].sum(axis=1) - hit[:, at]
                asked = exposed[:, at] & of.value.notna().to_numpy()
                if pain.source == STATED:
                    asked &= hit[:, (names["source"] == STATED).to_numpy()].any(axis=1)
                design = np.column_stack([controls, of.alike, others])[asked]
                row = {"evidence": pain.evidence, "pain": pain.pain, "outcome": outcome}
                rows.append(row | _compared(outcome, of.value.to_numpy()[asked], hit[asked, at], design))
        for pain in names.itertuples() if lives is not None else []:
            others = names.loc[(names["evidence"] == pain.evidence) & (names["pain"] != pain.pain), "pain"].tolist()
            if counted_from["lapsed"] in pain.source.split("+"):
                continue
            time = spells(lives, evidence, profile["customer_no"], pain.pain, others)
            if time is not None and len(time):
                row = {"evidence": pain.evidence, "pain": pain.pain, "outcome": "lapsed"}
                rows.append(row | _leaving(time, controls))
    text = dict.fromkeys(("pain", "evidence", "outcome"), "str") | {"n": "int64", "base": "int64"}
    table = pd.DataFrame(rows, columns=COLUMNS)
    table, family = corrected(table.astype(dict.fromkeys(table, float) | text), COLUMNS)
    since = pd.Timestamp(as_of) - pd.Timedelta(days=YEAR_DAYS)
    met = met_since(evidence.hits, since, profile["customer_no"])
    reached = met.groupby("pain").size()
    strength, harm = -table["effect"].abs().fillna(-1).round(9), -_harm(table, reached).fillna(0).round(9)
    order = np.lexsort((table["outcome"], table["pain"], strength, harm, ~table["claim"]))
    spent = _spent(met[met["pain"].isin(dated)], profile, min_group)
    return Result(
        "pain_costs",
        table.iloc[order].loc[lambda rows: rows["n"] > 0].reset_index(drop=True),
        Text(N_("What goes with each pain, adjusted for who the customers are")),
        OVERLAPPING,
        claims=partial(_claims, family=family, reached=reached, spent=spent),
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
        the others' share would give); most first. A pain that nobody or everybody has compares with nobody.
    """
    rows = table.rename(columns={"raw": "share", "raw_rest": "share_rest"}).dropna(subset=["share", "share_rest"])
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


def limits(profile: pd.DataFrame) -> list[Limit]:
    """What cannot be told of what pains go with, because the profile knows neither scores nor orders."""
    known = set(outcomes(profile))
    found = []
    if "score" not in known:
        found.append(Limit(N_("Whether those who have a pain score lower"), needs=NEEDS["feedback"]))
    if "spend" not in known:
        found.append(Limit(N_("Whether those who have a pain spend less"), needs=NEEDS["transactions"]))
    return found


def _spent(met: pd.DataFrame, profile: pd.DataFrame, min_group: int) -> pd.Series:
    """What the customers whom each pain met within a year spent in that time; empty where no orders are known."""
    if "spend_365d" not in profile or met.empty:
        return pd.Series(dtype=float)
    spend = met["customer_no"].map(profile.set_index("customer_no")["spend_365d"]).astype(float)
    return spend_by_group(spend, met["pain"], min_group)


def _claims(table: pd.DataFrame, family: int, reached: pd.Series, spent: pd.Series) -> list[Finding]:
    """The pains that go with a worse outcome, most harm first, or that none does; association throughout."""
    worse = np.where(table["outcome"].isin(["score", "spend"]), -1, 1) * table["effect"] > 0
    table = table.assign(claim=table["claim"] & worse & ~table["hidden"].astype(bool))
    told = table[table["claim"]]
    if (told["outcome"] == "score").any():  # a low score says the same again
        told = told[told["outcome"] != "low_score"]
    score = told["outcome"] == "score"
    ends = {"size": ("", ""), "size_low": ("_high", "_low"), "size_high": ("_low", "_high")}
    for name, (of_score, of_ratio) in ends.items():
        ratio = told[f"ratio{of_ratio}"].where(told["outcome"] != "spend", 1 - told[f"ratio{of_score}"])
        told = told.assign(**{name: (-told[f"difference{of_score}"]).where(score, ratio)})
    harm = _harm(told, reached).where(told["outcome"] != "low_score", -1)
    order = np.lexsort((told["pain"], -harm.to_numpy(float)))
    stake = {"hit": told["pain"].map(reached), "spent": told["pain"].map(spent)}
    return CLAIMS.tell(table, family, told.assign(**stake).iloc[order])


def _harm(table: pd.DataFrame, reached: pd.Series) -> pd.Series:
    """How strong an effect is even at the near end of its interval, times the customers whom the pain hit in a year.

    The largest of many estimates is large by chance.
    """
    at_least = np.clip(1 - z_value() / norm.isf(table["p"].to_numpy(float) / 2), 0, None)
    return table["effect"].abs() * at_least * table["pain"].map(reached).fillna(0).to_numpy(float)


_MESSAGES = {
    "score": N_(
        "Customers with “{pain:value}” score {size:number} points lower than comparable customers ({low:number} to "
        "{high:number}). This is an association; its E-value is {e:ratio}."
    ),
    "low_score": N_(
        "Customers with “{pain:value}” give a low score {size:ratio} times as often as comparable customers "
        "({low:ratio} to {high:ratio}). This is an association; its E-value is {e:ratio}."
    ),
    "lapsed": N_(
        "After “{pain:value}”, customers leave {size:ratio} times as often as comparable customers "
        "({low:ratio} to {high:ratio}). This is an association; its E-value is {e:ratio}."
    ),
    "spend": N_(
        "After “{pain:value}”, customers who go on ordering spend {size:share} less than comparable customers "
        "({low:share} to {high:share}). This is an association; its E-value is {e:ratio}."
    ),
    "tickets": N_(
        "After “{pain:value}”, customers ask for help {size:ratio} times as often as comparable customers "
        "({low:ratio} to {high:ratio}). This is an association; its E-value is {e:ratio}."
    ),
}


_AT_STAKE = {
    "score": N_(
        "Customers with “{pain:value}” score {size:number} points lower than comparable customers ({low:number} to "
        "{high:number}). It hit {hit:count} customers within a year, who spent {spent:money} in that time. This is an "
        "association; its E-value is {e:ratio}."
    ),
    "low_score": N_(
        "Customers with “{pain:value}” give a low score {size:ratio} times as often as comparable customers "
        "({low:ratio} to {high:ratio}). It hit {hit:count} customers within a year, who spent {spent:money} in that "
        "time. This is an association; its E-value is {e:ratio}."
    ),
}
"""What is told where the sufferers are known to have spent."""


CLAIMS = Claims(
    "cost",
    lambda row: _AT_STAKE.get(row.outcome, _MESSAGES[row.outcome]) if row.spent > 0 else _MESSAGES[row.outcome],
    {"e": "e_value"},
    key=("outcome", "pain"),
    nothing=N_("No pain goes with a worse score, lapse, less spend or more tickets than chance would allow."),
    test=N_("regression adjusted for who the customers are, robust errors, Benjamini–Hochberg"),
    estimate="size",
    effect=lambda row: from_ratio(row.ratio) if row.outcome in ("spend", "lapsed") else from_d(row.effect),
    most=12,
)


def _score(profile: pd.DataFrame) -> str | None:
    return next((name for name in SCORES if name in profile and profile[name].notna().any()), None)


def _stated(profile: pd.DataFrame) -> pd.Series | None:
    """Who has left, as the status of the customers says it; None if it does not."""
    if "status" not in profile:
        return None
    status = values_of(profile["status"]).astype("object")
    gone = status.map(lambda value: isinstance(value, str) and value.strip().casefold() in LEFT)
    return gone.astype(float).mask(status.isna()) if gone.any() and not gone.all() else None


def _lapsed(profile: pd.DataFrame) -> pd.Series | None:
    """Who has left or lapsed: as stated, else by the own rhythm of orders.

    Of customers who buy at random at a steady rate, `LAPSED_BY_CHANCE` are silent for as long as the limit: the mean of
    m gaps is an estimate, so that they wait for longer than x times it with probability (1 + x / m)^−m, not e^−x.
    """
    if (stated := _stated(profile)) is not None:
        return stated
    if {"orders", "first_order_at", "last_order_at", "recency_days"} <= set(profile):
        span = (profile["last_order_at"] - profile["first_order_at"]).dt.total_seconds() / 86_400
        gaps = (profile["orders"] - 1).where(profile["orders"] >= LAPSE_ORDERS).astype(float)
        gap, limit = span / gaps, gaps * (LAPSED_BY_CHANCE ** (-1 / gaps) - 1)
        told = gap.gt(0)
        if told.any():
            return (profile["recency_days"].astype(float) > limit * gap).astype(float).where(told)
    return None


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
    yes_or_no = bool(np.isin(y, (0, 1)).all())
    if (
        yes_or_no
        and min(np.bincount(y[who].astype(int), minlength=2).min() for who in (suffers, ~suffers)) < MIN_EVENTS
    ):
        return row
    design = full_rank(np.column_stack([np.ones(len(y)), suffers, controls]))
    fitted = linear(y, design) if outcome in ("score", "spend") else poisson(y, design)
    b, error = fitted[0][1], fitted[1][1]
    if outcome != "score":
        estimate = _ratio(b, error)
        return row | estimate | ({"effect": float(cohens_h(row["raw"], row["raw_rest"]))} if yes_or_no else {})
    if np.isfinite(b) and error > 0:
        low, high = b - z_value(CONFIDENCE) * error, b + z_value(CONFIDENCE) * error
        sd = np.sqrt(((n - 1) * y[suffers].var(ddof=1) + (rest - 1) * y[~suffers].var(ddof=1)) / (n + rest - 2))
        row |= {"difference": b, "difference_low": low, "difference_high": high, "effect": b / sd}
        # A difference of d standard deviations is about as strong as a risk ratio of exp(0.91 d), same paper.
        strength = e_value(*(float(np.exp(0.91 * end / sd)) for end in (b, low, high)))
        row |= {"p": _two_sided(b / error)} | dict(zip(("e_value", "e_limit"), strength, strict=True))
    return row


def _leaving(time: pd.DataFrame, controls: np.ndarray) -> dict[str, float]:
    """One row of `costs`: how much sooner sufferers leave, from their first sign on."""
    suffers = time["suffers"].to_numpy(bool)
    n, base = int(time.loc[suffers, "place"].nunique()), int(time["place"].nunique())
    row: dict[str, float] = {"n": n, "base": base}
    events = time["event"].groupby(suffers).sum().reindex([False, True], fill_value=0)
    if min(n, base - n) < MIN_HIT or events.min() < MIN_EVENTS:
        return row
    # The constant goes once the columns that say nothing new have.
    design = np.column_stack([np.ones(len(time)), suffers, time["others"], controls[time["place"]]])
    b, error = cox(time["exit"], time["event"], full_rank(design.astype(float))[:, 1:], time["entry"])
    return row | _ratio(b[0], error[0])


def _ratio(b: float, error: float) -> dict[str, float]:
    """A log ratio as it is told: with interval, E-value and p; nothing where it has no end."""
    if not (np.isfinite(b) and error > 0):
        return {}
    ends = [float(np.exp(b + step * error)) for step in (0.0, -z_value(CONFIDENCE), z_value(CONFIDENCE))]
    named = dict(zip(("ratio", "ratio_low", "ratio_high"), ends, strict=True))
    strength = dict(zip(("e_value", "e_limit"), e_value(*ends), strict=True))
    return named | strength | {"p": _two_sided(b / error), "effect": b}


def _two_sided(z: float) -> float:
    from scipy import special

    return float(2 * special.ndtr(-abs(z)))
