"""Two versions of a mailing, or of an invitation to a survey: which of them was answered more often."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ...messages import N_, Text
from ...results import Result
from .trials import MIN_ARM, SHARES, Trial, balance, effects

VERSIONS = replace(
    SHARES,
    subject="versions",
    message=lambda row: (
        N_("Version “{campaign:label}” was answered more often than the others: {share:part} instead of {rest:part}.")
        if row.brought > 0
        else N_(
            "Version “{campaign:label}” was answered less often than the others: {share:part} instead of {rest:part}."
        )
    ),
    values={"campaign": "campaign", "share": "share", "rest": "share_rest"},
    nothing=N_("No version of a mailing was answered more often than another ({family:count} comparisons)."),
)


def compared(sent: pd.DataFrame, profile: pd.DataFrame, traits: pd.DataFrame) -> Result:
    """Two or more versions of a mailing or of an invitation to a survey: which of them was answered more often.

    Parameters
    ----------
    sent : DataFrame
        From `contacts`; versions are the kinds of a campaign. Those held back are left out.
    profile, traits : DataFrame
        See `balance`: where the customers of a version were others, nothing is claimed of it.

    Returns
    -------
    Result
        As `effects`, of each version beside all others of its campaign; of two, the one that was answered more often.
    """
    found = []
    for _, rows in sent[~sent["held"]].groupby("of"):
        rows = rows.drop_duplicates("customer_no").reset_index(drop=True)
        arms = rows.groupby("campaign")["responded"].mean().sort_values(ascending=False, kind="stable")
        for arm in arms.index[: 1 if len(arms) == 2 else len(arms)] if len(arms) > 1 and arms.iloc[-1] > 0 else ():
            beside = rows.assign(held=rows["campaign"] != arm)
            if min(beside["held"].sum(), (~beside["held"]).sum()) >= MIN_ARM:
                found.append(Trial(arm, beside, 0, len(beside)))
    measured = effects(found, balance(found, profile, traits))
    return replace(
        measured,
        name="campaign_versions",
        title=Text(N_("Which version was answered more often")),
        claims=lambda frame: VERSIONS.tell(frame, measured.family),
        about=Text(
            N_("Customers more of 100 who got the version than of 100 who got another one of the same mailing.")
        ),
        note=None,
    )
