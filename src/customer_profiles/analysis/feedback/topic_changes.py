"""Topics that are new, grow, fade or have vanished: the last months against all the time before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...messages import N_, Finding
from ...stats.comparisons import adjust, cohens_h, family_size, rate_ratio
from ...stats.intervals import add_shares
from ...text.themes.discovery import OTHER

RECENT_MONTHS = 3
"""Months that count as recent: a quarter, as companies report it."""

MIN_BASE = 30
"""Texts that both times need."""

MIN_TEXTS = 5
"""Texts about a topic, in both times together, below which even all of them on one side could be chance."""

NEW, GROWING, FADING, VANISHED, STEADY = (
    *(N_("new"), N_("more frequent"), N_("less frequent"), N_("vanished")),
    N_("no change established"),
)

COLUMNS = [
    *("theme", "verdict", "n", "base", "share", "share_low", "share_high", "n_rest", "base_rest", "share_rest"),
    *("ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "effect", "claim"),
]


def topic_changes(items: pd.DataFrame, as_of: object, recent: int = RECENT_MONTHS) -> pd.DataFrame:
    """How often each topic comes up in the last months, against all months before.

    Parameters
    ----------
    items : DataFrame
        ``row, at, theme``: one row per text and topic.
    as_of : date
        Day of the run; the recent months end with it.
    recent : int
        Number of recent months.

    Returns
    -------
    DataFrame
        ``theme, verdict, n`` (recent texts about it)``, base`` (recent texts)``, share`` with Wilson interval``,
        n_rest, base_rest, share_rest`` (before)``, ratio`` with interval``, p, p_adjusted, effect`` (Cohen's h)``,
        claim``; Fisher's exact or χ² test, all topics one family. A topic is `NEW` or `VANISHED` if it comes up on one
        side only and that is more than chance; those that grow most first. Empty if either time has fewer than
        `MIN_BASE` texts.
    """
    items = items.dropna(subset=["at"]).drop_duplicates(["row", "theme"])
    now = items["at"] >= pd.Timestamp(as_of) + pd.Timedelta(days=1) - pd.DateOffset(months=recent)
    base, base_rest = items.loc[now, "row"].nunique(), items.loc[~now, "row"].nunique()
    names = sorted(set(items["theme"]) - {OTHER})
    if min(base, base_rest) < MIN_BASE or not names:
        return pd.DataFrame(columns=COLUMNS).astype({"claim": bool, "p": float})
    counts = pd.DataFrame({"theme": names})
    for column, rows in (("n", now), ("n_rest", ~now)):
        counts[column] = counts["theme"].map(items.loc[rows, "theme"].value_counts()).fillna(0).astype(int)
    table = add_shares(counts.assign(base=base, base_rest=base_rest))
    table["share_rest"] = table["n_rest"] / base_rest
    ratio = rate_ratio(table["n"], base, table["n_rest"], base_rest)
    table["ratio"], table["ratio_low"], table["ratio_high"] = ratio.ratio, ratio.low, ratio.high
    # The number of texts in all decides what is tested, so leaving rare topics out does not bias the rest.
    table["p"] = np.where(table["n"] + table["n_rest"] >= MIN_TEXTS, ratio.p, np.nan)
    table["effect"] = cohens_h(table["share"], table["share_rest"])
    table = adjust(table)
    family = table.attrs["family"]
    table["verdict"] = [_verdict(row) for row in table.itertuples()]
    table = table.sort_values(["effect", "theme"], ascending=[False, True], ignore_index=True)[COLUMNS]
    table.attrs["family"] = family
    return table


def findings(table: pd.DataFrame, chapter: str = "04") -> list[Finding]:
    """Topics that changed, or one finding that none did."""
    family = family_size(table) if len(table) else 0
    if not family:
        return []
    test = N_("Fisher's exact or χ² test, Benjamini–Hochberg")
    claims = table.loc[table["claim"].astype(bool)]
    if claims.empty:
        message = N_(
            "No topic is new and none has vanished: {family:count} compared with the time before, none by more than "
            "chance."
        )
        n = int(table["base"].max())
        evidence = {"n": n, "table": "topic_changes", "test": test, "family": family, "kind": "nothing"}
        return [Finding(message, {"family": family}, id=f"{chapter}.topics.nothing", **evidence)]
    messages = {
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
    found = []
    for row in claims.itertuples():
        ends = (float(row.share_low), float(row.share_high))
        values = {"theme": row.theme, "share": float(row.share), "months": RECENT_MONTHS, "high": ends[1]}
        values |= {"low": ends[0], "n": int(row.base), "rest": float(row.share_rest)}
        found.append(
            Finding(
                messages[row.verdict],
                {name: value for name, value in values.items() if f"{{{name}:" in messages[row.verdict]},
                id=f"{chapter}.topics.{row.theme}",
                n=int(row.base),
                table="topic_changes",
                interval=ends,
                test=test,
                p_adjusted=float(row.p_adjusted),
                family=family,
                effect=abs(float(row.share) - float(row.share_rest)),
                reach=int(row.base),
                kind="difference",
            )
        )
    return found


def _verdict(row: object) -> str:
    if not row.claim:
        return STEADY
    if row.n_rest == 0 or row.n == 0:
        return NEW if row.n else VANISHED
    return GROWING if row.share > row.share_rest else FADING
