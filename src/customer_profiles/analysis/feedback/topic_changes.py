"""Topics that are new, grow, fade or have vanished: the last months against all the time before."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from ...codes import OTHER
from ...messages import N_, Finding, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims
from ...stats.clusters import compare_things
from ...stats.comparisons import adjust, cohens_h, family_size
from ...stats.effect_sizes import from_shares
from .trend import theme_volumes

MIN_BASE = 30
"""Texts that both times need."""

MIN_TEXTS = 5
"""Texts about a topic, in both times together, below which even all of them on one side could be chance."""

NEW, GROWING, FADING, VANISHED, STEADY = (
    *(N_("new"), N_("more frequent"), N_("less frequent"), N_("vanished")),
    N_("no change established"),
)

COLUMNS = [
    *("theme", "verdict", "n", "customers", "base", "share", "share_low", "share_high"),
    *("n_rest", "customers_rest", "base_rest", "share_rest"),
    *("ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]


def topic_volumes(topics: pd.DataFrame, period: str = "Q") -> Result:
    """How often each topic comes up by quarter, see `trend.theme_volumes`.

    Parameters
    ----------
    topics : DataFrame
        ``row, at, theme``: one row per text and topic.
    period : {"M", "Q"}
        Month or quarter.
    """
    return Result(
        "topic_volumes",
        theme_volumes(topics, period),
        Text(N_("Topics of the comments over time")),
        Disclosure(within=("month",)),
        about=Text(N_("Comments per quarter and topic; {n:count} comments with text."), {"n": topics["row"].nunique()}),
        needs="feedback",
    )


def topic_changes(recent: pd.DataFrame, before: pd.DataFrame, months: int = 3) -> Result:
    """How often each topic comes up in the last months, against all months before.

    Parameters
    ----------
    recent, before : DataFrame
        ``row, customer_no`` (may be missing)``, theme``: one row per text and topic.
    months : int
        Months that `recent` covers.

    Returns
    -------
    Result
        ``theme, verdict, n`` (recent texts about it)``, persons`` (who wrote them)``, base`` (recent texts)``, share``
        with Wilson interval``, n_rest, customers_rest, base_rest, share_rest`` (before)``, ratio`` with interval``, p,
        p_adjusted, effect`` (Cohen's h)``, claim``; texts of one customer count as one draw, see `compare_things`, all
        topics one family. A topic is `NEW` or `VANISHED` if it comes up on one
        side only and that is more than chance; those that grow most first. Empty if either time has fewer than
        `MIN_BASE` texts.
    """
    base, base_rest = (side["row"].nunique() for side in (recent, before))
    table, family = pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "p": float}), 0
    compared = (
        compare_things(recent, before, "theme", "row", "customer_no") if min(base, base_rest) >= MIN_BASE else table
    )
    compared = compared[compared["theme"] != OTHER]
    if len(compared):
        # The number of texts in all decides what is tested, so leaving rare topics out does not bias the rest.
        table = compared.assign(p=compared["p"].where(compared["n"] + compared["n_rest"] >= MIN_TEXTS))
        table["effect"] = cohens_h(table["share"], table["share_rest"])
        table = adjust(table)
        family = family_size(table)
        table["verdict"] = [_verdict(row) for row in table.itertuples()]
        table = table.sort_values(["effect", "theme"], ascending=[False, True], ignore_index=True)[COLUMNS]
    return Result(
        "topic_changes",
        table,
        Text(N_("Topics of the last months against all months before")),
        Disclosure(within=None, also=("customers", "customers_rest")),
        claims=partial(_claims, family=family, months=months),
        family=family,
        needs="feedback",
    )


def _claims(table: pd.DataFrame, family: int, months: int) -> list[Finding]:
    """Topics that changed, or one finding that none did; each with the numbers that its sentence names."""
    told = replace(CHANGED, values={"n": "base", "months": lambda row: months}).tell(table, family)
    return [
        replace(found, values={k: v for k, v in found.values.items() if f"{{{k}:" in found.message}) for found in told
    ]


MESSAGES = {
    NEW: N_(
        "New: “{theme:label}” comes up in {share:share} of the texts of the last {months:count} months "
        "({low:share} to {high:share}, n = {n:count}) and never before."
    ),
    GROWING: N_(
        "“{theme:label}” comes up in {share:share} of the texts of the last {months:count} months ({low:share} to "
        "{high:share}, n = {n:count}), more often than before ({rest:share})."
    ),
    FADING: N_(
        "“{theme:label}” comes up in {share:share} of the texts of the last {months:count} months ({low:share} to "
        "{high:share}, n = {n:count}), less often than before ({rest:share})."
    ),
    VANISHED: N_(
        "Vanished: “{theme:label}” has not come up in the last {months:count} months (at most {high:share} of the "
        "texts); before it did in {rest:share}."
    ),
}
CHANGED = Claims(
    "topics",
    lambda row: MESSAGES[row.verdict],
    key=("theme",),
    nothing=N_(
        "No topic is new and none has vanished: {family:count} compared with the time before, none by more than chance."
    ),
    test=N_("Fisher's exact or χ² test of texts clustered by customer, Benjamini–Hochberg"),
    estimate="share",
    reach="base",
    effect=lambda row: from_shares(row.share, row.share_rest),
)


def _verdict(row: Any) -> str:
    if not row.claim:
        return STEADY
    if row.n_rest == 0 or row.n == 0:
        return NEW if row.n else VANISHED
    return GROWING if row.share > row.share_rest else FADING
