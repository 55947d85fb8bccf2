"""What could be done first: the pains that do most harm, each with the answer that went best so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims, shown

SAME_SUBJECT = 0.5
"""Share of the customers of a pain who have an answered one, from which it is answered, too."""
MOST = 12
"""Pains that are proposed; a longer list is worked off by nobody."""

COLUMNS = [
    *("pain", "evidence", "n", "base", "share", "share_low", "share_high"),
    *("difference", "difference_low", "difference_high", "harm", "resolution"),
    *("settled_share", "settled_share_low", "settled_share_high", "best_established"),
]
MEASURED = [name for name in COLUMNS if name not in ("pain", "evidence", "base", "resolution")]
"""What goes where a row is hidden."""


@dataclass(frozen=True)
class Proposal:
    """An action that a run proposes.

    Parameters
    ----------
    pain : str
        What it is meant for.
    customers : int
        Customers whom the pain hit in a year.
    text : Text
        What could be done.
    """

    pain: str
    customers: int
    text: Text


def worst(reached: pd.DataFrame, scores: pd.DataFrame, best: pd.DataFrame, least: int = 10) -> Result:
    """Pains by the harm they go with.

    Parameters
    ----------
    reached : DataFrame
        Customers of each pain in a year, from `prioritisation.reached`.
    scores : DataFrame
        Rows of `costs.costs` whose outcome is the score.
    best : DataFrame
        From `resolutions.best`.
    least : int
        Customers below which a pain is left out.

    Returns
    -------
    Result
        ``pain, evidence, n, base, share`` with interval``, difference`` (score of sufferers to comparable customers)
        with interval``, harm`` (points that they score lower in all, at least: 0 where it is not established among all
        pains that they do)``, resolution`` (answer that went best)``, settled_share`` with interval``,
        best_established`` (it is established that it went better than the others). Most harm first, then most
        customers; at most `MOST`.
    """
    scored = scores[["pain", "difference", "difference_low", "difference_high"]].assign(_sure=scores["claim"])
    table = reached[reached["n"] >= least].merge(scored, on="pain", how="left")
    table = table.merge(best.drop(columns="n").rename(columns={"claim": "best_established"}), on="pain", how="left")
    least_lost = (-table["difference_high"].astype(float)).clip(lower=0)
    # Of two dozen pains one or the other has an interval without 0 by chance.
    table["harm"] = table["n"] * least_lost.where(table["_sure"].eq(True) | least_lost.isna(), 0.0)
    table = table.sort_values(["harm", "n", "pain"], ascending=[False, False, True], kind="stable", na_position="last")
    table = table.head(MOST).reset_index(drop=True)
    about = _POINTS if table["harm"].gt(0).any() else _CUSTOMERS
    return Result(
        "action_proposals",
        table.reindex(columns=COLUMNS).astype({"best_established": "boolean", "harm": float}),
        Text(N_("Pains that do most harm, and the answer that went best")),
        Disclosure(within=None, mask=MEASURED),
        claims=_claims,
        about=Text(about),
    )


def unanswered(worst: Result, actions: pd.DataFrame, hits: pd.DataFrame) -> Result:
    """The same pains, told with the worst of those against which nobody has listed an action.

    Parameters
    ----------
    worst : Result
        From `worst`.
    actions : DataFrame
        ``pain`` of each action; empty where there is no list, which is told elsewhere.
    hits : DataFrame
        ``pain, customer_no``. A pain is answered, too, if most of its customers have one that an action is against:
        a theme of tickets and the category under which they were filed are one subject.
    """
    if actions.empty:
        return worst
    met = hits[["pain", "customer_no"]].drop_duplicates()
    helped = met.loc[met["pain"].isin(actions["pain"]), "customer_no"].unique()
    share = met["customer_no"].isin(helped).groupby(met["pain"]).mean()
    answered = frozenset(actions["pain"]) | frozenset(share.index[share > SAME_SUBJECT])
    return replace(worst, claims=partial(_claims, answered=answered))


def proposals(worst: pd.DataFrame) -> list[Proposal]:
    """Something to do about each pain, worst first.

    An answer is proposed only if it is established that it went better: the best of several by chance is no advice.
    """
    found = []
    for row in worst.itertuples():
        told = _established(row.best_established)
        values = {"pain": row.pain} | ({"resolution": row.resolution} if told else {})
        found.append(Proposal(row.pain, int(row.n), Text(_ANSWER if told else _CAUSE, values)))
    return found


_POINTS = N_("Points that those who have the pain score lower in all, at the cautious end of the interval.")
_CUSTOMERS = N_("Customers whom the pain hit within a year, or at all where nothing is dated.")
_ANSWER = N_("Answer “{pain:value}” with “{resolution:value}” first")
_CAUSE = N_("Find and remove the cause of “{pain:value}”")


def _claims(worst: pd.DataFrame, answered: frozenset[str] | None = None) -> list[Finding]:
    """The pain that does most harm, with the answer that went best; and the worst against which nothing is listed."""
    spoken = shown(worst[worst["harm"] > 0])
    if spoken.empty:
        return []
    missing = spoken[~spoken["pain"].isin(answered)] if answered is not None else spoken[:0]
    return [_most(spoken.iloc[0]), *UNANSWERED.each(missing)]


def _most(row: pd.Series) -> Finding:
    told = _established(row["best_established"])
    values = {"pain": row["pain"], "n": int(row["n"]), "size": -float(row["difference"])}
    values |= {"low": -float(row["difference_high"]), "high": -float(row["difference_low"])}
    values |= {"resolution": row["resolution"], "share": float(row["settled_share"])} if told else {}
    return Finding(
        _WORST_ANSWERED if told else _WORST,
        values,
        id="proposal.first",
        n=int(row["base"]),
        interval=(values["low"], values["high"]),
        effect=min(values["size"] / 10, 1.0),
        reach=int(row["n"]),
    )


UNANSWERED = Claims(
    "proposal.unanswered",
    N_(
        "No action on the list is against “{pain:value}”, which hit {n:count} customers within a year and goes with "
        "lower scores."
    ),
    effect=0.0,
    kind="fact",
    most=1,
)
_WORST = N_(
    "“{pain:value}” does most harm: the customers it hit score {size:number} points lower than comparable customers "
    "({low:number} to {high:number}, n = {n:count}). This is an association."
)
_WORST_ANSWERED = N_(
    "“{pain:value}” does most harm: the customers it hit score {size:number} points lower than comparable customers "
    "({low:number} to {high:number}, n = {n:count}). After the answer “{resolution:value}” one contact was enough in "
    "{share:share} of the cases, more often than after the others. Both are associations."
)


def _established(claim: object) -> bool:
    """Whether it is established that an answer went better; missing where none was given often enough."""
    return not pd.isna(claim) and bool(claim)
