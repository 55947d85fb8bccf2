"""What resolved each pain before: how the company answered, and which answer was followed by the better outcome.

Nobody drew lots for the answers: an answer that is given to the easier cases looks better than it is. Tickets are
compared with others about the same pain that came by the same channel, and what remains is called an association.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from ...codes import OTHER
from ...messages import N_, Finding, Limit, Text
from ...needs import NEEDS
from ...results import OVERLAPPING, Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import MIN_EXPECTED, corrected
from ...stats.effect_sizes import from_delta
from ...stats.group_tests import van_elteren
from ...stats.intervals import add_shares, median_interval, t_interval, z_value
from ...text.themes.discovery import find_themes, texts_of
from ..feedback.metrics import METRICS, answers
from ..pain_points.contact_drivers import settled
from ..pain_points.observations import Evidence

ALL = "all_pains"
"""All pains together, compared within each."""

OTHER_ANSWER = "other_answer"
"""What few customers were answered."""

MOST_CODES = 30
"""Different answers up to which a resolution is a code; more of them are texts that somebody wrote."""

CODED = 0.8
"""Share of the resolutions that codes have to make up."""

MIN_CASES = 20
"""Customers with and without an answer whose outcome is known: below it nothing is compared."""

OUTCOMES = {"settled": 1, "reopened": -1, "followed": -1, "hours": -1, "score": 1}
"""What may follow an answer, and whether more of it is better."""

YES_OR_NO = ("settled", "reopened", "followed")

COLUMNS = [
    *("pain", "resolution", "measure", "n", "n_rest", "cliffs_delta", "cliffs_delta_low", "cliffs_delta_high"),
    *("p", "p_adjusted", "effect", "claim"),
]


def codes(tickets: pd.DataFrame, least: int = 10) -> pd.Series | None:
    """How each ticket was resolved, in words that many customers share.

    Parameters
    ----------
    tickets : DataFrame
        ``customer_no`` and, if known, ``resolution``.
    least : int
        Customers below which an answer is `OTHER_ANSWER`: what somebody wrote about few must not be shown.

    Returns
    -------
    Series of str or None
        Index of the tickets, missing where open. None where resolutions are texts rather than codes, which have to be
        grouped by their words first.
    """
    if "resolution" not in tickets or tickets["resolution"].isna().all():
        return pd.Series(None, index=tickets.index, dtype="object")
    said = tickets["resolution"].astype("object").str.strip().replace("", None)
    written = said.groupby(said.str.casefold()).transform(lambda part: part.mode().iloc[0])
    customers = tickets["customer_no"].groupby(written).nunique()
    frequent = set(customers.index[customers >= least])
    told = written[written.notna()]
    if len(frequent) > MOST_CODES or (len(told) >= least and told.isin(frequent).mean() < CODED):
        return None
    return written.where(written.isin(frequent) | written.isna(), OTHER_ANSWER)


def answered(tickets: pd.DataFrame, least: int = 10, max_themes: int = 12, seed: int = 1) -> pd.Series:
    """How each ticket was resolved: its code or, where resolutions are texts, what the text is about.

    Parameters
    ----------
    tickets : DataFrame
    least : int
        As in `codes`; also customers that a phrase of a theme needs.
    max_themes, seed : int
        As in `themes.find_themes`.
    """
    found = codes(tickets, least)
    if found is not None:
        return found
    texts = texts_of(tickets.assign(text=tickets["resolution"]).drop(columns="category", errors="ignore"))
    return of_themes(find_themes(texts, max_themes, seed, least).assignments, tickets)


def of_themes(assignments: pd.DataFrame, tickets: pd.DataFrame) -> pd.Series:
    """How each ticket was resolved, where resolutions are texts: the main theme of what was written.

    Parameters
    ----------
    assignments : DataFrame
        ``row, theme, weight`` of the resolutions, as `themes.find_themes` gives them.
    tickets : DataFrame
    """
    main = assignments.sort_values(["row", "weight"], ascending=[True, False], kind="stable").drop_duplicates("row")
    return main.set_index("row")["theme"].reindex(tickets.index).astype("object").replace(OTHER, OTHER_ANSWER)


def score_after(tickets: pd.DataFrame, feedback: pd.DataFrame, days: int) -> pd.Series:
    """The score that each ticket's customer gave next, in the measure most of them did.

    Parameters
    ----------
    tickets, feedback : DataFrame
        Canonical tables; `feedback` may be empty.
    days : int
        Days after the end of a case in which an answer to a survey counts as its score.

    Returns
    -------
    Series of float
        Index of the tickets, missing where nobody answered; its name is that of the measure.
    """
    nothing = pd.Series(np.nan, tickets.index)
    closed = tickets[tickets["closed_at"].notna() & tickets["customer_no"].notna()]
    if not len(feedback) or closed.empty:
        return nothing
    given = answers(feedback)
    given = given[given["customer_no"].notna() & given["at"].notna()].astype({"customer_no": "int64"})
    # Answers are often dated by the day alone.
    ends = pd.DataFrame(
        {"customer_no": closed["customer_no"].astype("int64"), "at": closed["closed_at"].dt.normalize()}
    )
    ends = ends.reset_index(names="row").sort_values("at", kind="stable")
    found = {name: _next(ends, given[given["metric"] == name], days) for name in METRICS}
    most = max(found, key=lambda name: found[name].notna().sum())
    return found[most].reindex(tickets.index).rename(most) if found[most].notna().any() else nothing


def cases(evidence: Evidence, tickets: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Tickets about each pain with how they were resolved and what followed; a customer's first about it counts.

    Parameters
    ----------
    evidence : Evidence
    tickets : DataFrame
        With ``resolution`` (from `answered`)``, hours`` from opening to end, and ``score`` (from `score_after`).
    as_of : date
        Day of the run.

    Returns
    -------
    DataFrame
        ``pain, evidence, customer_no, resolution, stratum`` (tickets that are compared with each other)``, settled,
        reopened, followed`` (1, 0 or missing)``, hours, score``. Rows of the pain `ALL` count each customer once.
    """
    columns = ["pain", "evidence", "customer_no", "resolution", "stratum", *OUTCOMES]
    hits = evidence.hits[evidence.hits["row"] >= 0]
    closed = "closed_at" in tickets and tickets["closed_at"].notna().any()
    if hits.empty or not closed or tickets["resolution"].isna().all():
        return pd.DataFrame(columns=columns)
    known = settled(tickets, as_of)
    told = known.pop("told")
    known = known.astype(float).where(told, np.nan)
    if "reopened" not in tickets or tickets["reopened"].isna().all():
        known["reopened"] = np.nan
    channel = tickets["channel"].astype("object").fillna("") if "channel" in tickets else ""
    known = known.join(tickets[["resolution", "hours", "score", "opened_at"]]).assign(stratum=channel)
    rows = hits[["pain", "evidence", "customer_no", "row"]].join(known, on="row").dropna(subset="resolution")
    rows = rows.sort_values(["opened_at", "row"], kind="stable")
    once = rows.drop_duplicates("customer_no")
    once = once.assign(stratum=once["pain"] + " " + once["stratum"].astype(str), pain=ALL, evidence=ALL)
    return pd.concat([once, rows.drop_duplicates(["pain", "customer_no"])], ignore_index=True)[columns]


def by_answer(cases: pd.DataFrame, least: int = 10) -> Result:
    """How each pain was answered, and what followed.

    Parameters
    ----------
    cases : DataFrame
        From `cases`.
    least : int
        Customers of whom an outcome has to be known: below it a share or a mean would tell of single ones.

    Returns
    -------
    Result
        ``pain, resolution, n`` (customers)``, base`` (with the pain)``, share`` with interval, ``settled_share`` (one
        contact did it)``, reopened_share, followed_share`` (came back within `pain_behaviour.REPEAT_DAYS`)`` with
        intervals, resolution_hours`` (median) and ``score_after`` (mean) with intervals; an outcome that nothing tells
        has no column. `ALL` first, then by pain; the most frequent answer first.
    """
    groups = cases.groupby(["pain", "resolution"], sort=True)
    found = groups.size().rename("n").reset_index()
    found["base"] = found.groupby("pain")["n"].transform("sum")
    found = add_shares(found)
    for name in YES_OR_NO:
        if cases[name].notna().any():
            share = f"{name}_share"
            counts = groups[name].agg(["sum", "count"]).reset_index(drop=True).astype(int)
            found = add_shares(found.join(counts), n="sum", base="count", share=share)
            found.loc[found["count"] < least, [share, f"{share}_low", f"{share}_high"]] = np.nan
            found = found.drop(columns=["sum", "count"])
    if cases["hours"].notna().any():
        names = [f"resolution_hours{end}" for end in ("", "_low", "_high")]
        found[names] = np.array([median_interval(part) for _, part in groups["hours"]])
        found.loc[(groups["hours"].count() < least).to_numpy(), names] = np.nan
    if cases["score"].notna().any():
        of = groups["score"].agg(["mean", "std", "count"]).reset_index(drop=True)
        found["score_after"] = of["mean"]
        found["score_after_low"], found["score_after_high"] = t_interval(of["mean"], of["std"], of["count"])
        found.loc[of["count"] < least, ["score_after", "score_after_low", "score_after_high"]] = np.nan
    order = np.lexsort((found["resolution"], -found["n"], found["pain"], found["pain"] != ALL))
    customers = int((cases["pain"] == ALL).sum())
    return Result(
        "resolutions",
        found.iloc[order].reset_index(drop=True),
        Text(N_("How each pain was answered, and what followed")),
        Disclosure(within=("pain",)),
        about=Text(N_("Share of {n:count} customers, each with the first ticket."), {"n": customers}),
        needs="tickets",
    )


def compare(cases: pd.DataFrame) -> Result:
    """Was an answer followed by a better outcome than the other answers to the same pain, by the same channel?

    Parameters
    ----------
    cases : DataFrame
        From `cases`.

    Returns
    -------
    Result
        ``pain, resolution, measure`` (one of `OUTCOMES`)``, n`` (customers with this answer whose outcome is known)``,
        n_rest`` (with another)``, cliffs_delta`` (chance of a better outcome minus chance of a worse one, −1 to 1,
        within strata) with interval``, p, p_adjusted, effect, claim``; one Benjamini–Hochberg family over everything.
        Answers that too few got (`MIN_CASES`), and outcomes that are expected fewer than five times, are not tested.
    """
    rows = []
    for pain, part in cases.groupby("pain", sort=True):
        for resolution in sorted(set(part["resolution"]) - {OTHER_ANSWER}):
            for measure, sign in OUTCOMES.items():
                known = part[part[measure].notna()]
                member = (known["resolution"] == resolution).to_numpy()
                row = {"pain": pain, "resolution": resolution, "measure": measure}
                row |= {"n": int(member.sum()), "n_rest": int((~member).sum())}
                rows.append(
                    row | _cliffs_delta(sign * known[measure].to_numpy(float), member, known["stratum"], measure)
                )
    text = dict.fromkeys(("pain", "resolution", "measure"), "str") | {"n": "int64", "n_rest": "int64"}
    found = pd.DataFrame(rows, columns=COLUMNS)
    found, family = corrected(found.astype(dict.fromkeys(found, float) | text), COLUMNS)
    order = np.lexsort(
        (found["measure"], found["resolution"], found["pain"], -found["effect"].abs().fillna(-1), ~found["claim"])
    )
    return Result(
        "resolution_effects",
        found.iloc[order].loc[lambda t: t["p"].notna()].reset_index(drop=True),
        Text(N_("Answers against other answers to the same pain")),
        OVERLAPPING,
        claims=partial(_claims, family=family),
        family=family,
        note=Text(N_("The chance of a better outcome minus that of a worse one: 0 means no difference.")),
        needs="tickets",
    )


def best(answers: pd.DataFrame, comparisons: pd.DataFrame) -> pd.DataFrame:
    """For each pain the answer after which one contact most surely did it.

    Parameters
    ----------
    answers, comparisons : DataFrame
        From `by_answer` and `compare`.

    Returns
    -------
    DataFrame
        ``pain, resolution, n, settled_share`` with interval``, claim`` (it is established that one contact did it more
        often than after other answers). Chosen by the lower end of the interval among answers that `MIN_CASES` got.
    """
    columns = ["pain", "resolution", "n", "settled_share", "settled_share_low", "settled_share_high"]
    if "settled_share" not in answers:
        return pd.DataFrame(columns=[*columns, "claim"])
    known = answers[(answers["n"] >= MIN_CASES) & (answers["pain"] != ALL) & (answers["resolution"] != OTHER_ANSWER)]
    known = known.sort_values(["pain", "settled_share_low", "resolution"], ascending=[True, False, True], kind="stable")
    first = known.drop_duplicates("pain")[columns].reset_index(drop=True)
    sure = comparisons[comparisons["claim"] & (comparisons["measure"] == "settled") & (comparisons["cliffs_delta"] > 0)]
    keys = set(zip(sure["pain"], sure["resolution"], strict=True))
    return first.assign(claim=[pair in keys for pair in zip(first["pain"], first["resolution"], strict=True)])


def facts(cases: pd.DataFrame, comparisons: Result) -> dict[str, int]:
    """Customers with an answer, answers, and what was compared and established."""
    known = cases[cases["pain"] == ALL]
    return {
        "customers_answered": len(known),
        "ways_of_answering": known["resolution"].nunique(),
        "answers_compared": comparisons.family,
        "answers_established": int(comparisons.frame["claim"].sum()),
    }


def limits(cases: pd.DataFrame) -> list[Limit]:
    """What cannot be told of earlier answers, because nobody recorded them or no score followed."""
    if cases.empty:
        return [Limit(N_("What resolved each pain before"), needs=N_("tickets with how each of them was resolved"))]
    if cases["score"].isna().all():
        return [
            Limit(N_("Whether customers score higher after one answer than after another"), needs=NEEDS["feedback"])
        ]
    return []


def _claims(table: pd.DataFrame, family: int) -> list[Finding]:
    """Answers that were followed by better or worse outcomes than others, or that none was."""
    better, claim = table["cliffs_delta"] > 0, table["claim"] & ~table["hidden"].astype(bool)
    low, high = table["cliffs_delta_low"], table["cliffs_delta_high"]
    sized = table.assign(claim=claim, base=table["n"] + table["n_rest"], size=table["cliffs_delta"].abs())
    return CLAIMS.tell(sized.assign(size_low=low.where(better, -high), size_high=high.where(better, -low)), family)


_BETTER = N_(
    "“{pain:value}”, {measure:label}: after the answer “{resolution:value}” it went better than after other answers by "
    "the same channel; the chance of a better outcome is larger by {size:share} than that of a worse one ({low:share} "
    "to {high:share}, n = {n:count}). This is an association."
)
_WORSE = N_(
    "“{pain:value}”, {measure:label}: after the answer “{resolution:value}” it went worse than after other answers by "
    "the same channel; the chance of a worse outcome is larger by {size:share} than that of a better one ({low:share} "
    "to {high:share}, n = {n:count}). This is an association."
)


CLAIMS = Claims(
    "resolution",
    lambda row: _BETTER if row.cliffs_delta > 0 else _WORSE,
    key=("pain", "resolution", "measure"),
    nothing=N_("No answer settles cases better than the others ({family:count} comparisons)."),
    test=N_("van Elteren’s test within pain and channel, Benjamini–Hochberg"),
    estimate="size",
    effect=lambda row: from_delta(row.cliffs_delta),
    most=6,
)


def _cliffs_delta(values: np.ndarray, member: np.ndarray, strata: pd.Series, measure: str) -> dict[str, float]:
    """Estimate, interval and test of one row of `compare`; nothing where too few are known."""
    smaller = min(member.sum(), (~member).sum())
    if smaller < MIN_CASES or np.ptp(values) == 0:
        return {}
    if measure in YES_OR_NO:
        share = abs(values).mean()
        if smaller * min(share, 1 - share) < MIN_EXPECTED:
            return {}
    test = van_elteren(values, member, strata)
    if not np.isfinite(test.p) or test.n < 2 * MIN_CASES or test.statistic == 0:
        return {}
    half = z_value() * abs(test.effect / test.statistic)
    ends = {"cliffs_delta_low": max(test.effect - half, -1.0), "cliffs_delta_high": min(test.effect + half, 1.0)}
    return {"cliffs_delta": test.effect, **ends, "p": test.p, "effect": test.effect}


def _next(ends: pd.DataFrame, given: pd.DataFrame, days: int) -> pd.Series:
    right = given[["customer_no", "at", "score"]].astype({"at": ends["at"].dtype}).sort_values("at", kind="stable")
    tolerance = pd.Timedelta(days=days)
    joined = pd.merge_asof(ends, right, on="at", by="customer_no", direction="forward", tolerance=tolerance)
    return joined.set_index("row")["score"]
