"""How the comments sound on the whole and about each theme, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...results import NOBODY, ONE_MARGIN, Disclosure, Result
from ...stats.claims import Claims, shown
from ...stats.intervals import add_shares
from .cold_start import PUBLIC
from .training import CLASSES, FEW, LIST, MIN_SCORED, NEGATIVE, OWN, POSITIVE, SentimentModel

ENOUGH_LABELS = 0.02  # macro-F1 below that of all labels at which fewer would have done

NEEDS = N_("comments with a score beside them (NPS, CSAT, CES or stars), at least 200")

TESTS = {
    OWN: N_("classifier trained on own scores; Wilson interval"),
    FEW: N_("list of words with borders by own scores; Wilson interval"),
    LIST: N_("list of words, not measured here; Wilson interval"),
}


def shares(heard: pd.DataFrame, method: str = OWN) -> Result:
    """Share of each sentiment.

    Parameters
    ----------
    heard : DataFrame
        ``customer_no, sentiment`` of each comment, from `training.heard`.
    method : str
        What judged them, see `training.SentimentModel`.

    Returns
    -------
    Result
        ``sentiment, n, base, share`` with Wilson's interval; every class has a row.
    """
    return Result(
        "sentiment",
        _shares(heard.assign(theme="")).drop(columns="theme"),
        Text(N_("Sentiment of the comments")),
        ONE_MARGIN,
        claims=partial(_negative, test=TESTS.get(method, ""), customers=heard["customer_no"].nunique()),
        about=Text(N_("Sentiment of {n:count} comments."), {"n": len(heard)}),
        needs="feedback",
    )


def by_theme(heard: pd.DataFrame) -> Result:
    """Share of each sentiment among the comments of each theme, most negative theme first.

    Parameters
    ----------
    heard : DataFrame
        ``theme, sentiment`` of each comment about each of its themes, from `aspects.aspects`.
    """
    table = _shares(heard)
    negative = table[table["sentiment"] == NEGATIVE].set_index("theme")["share"]
    table = table.assign(negative=table["theme"].map(negative))
    # From good to bad, as charts draw it.
    table = table[::-1].sort_values(["negative", "theme"], ascending=[False, True], kind="stable", ignore_index=True)
    about = Text(N_("Of comments with several themes, the sentences about each; {n:count} in all."), {"n": len(heard)})
    title, rule = Text(N_("How customers sound about each theme")), Disclosure(within=("theme",))
    return Result("sentiment_by_theme", table.drop(columns="negative"), title, rule, about=about, needs="feedback")


def quality(model: SentimentModel) -> Result:
    """How often the sentiment is right; says so if not all scored comments taught. Empty where none is shown."""
    scored = int(model.quality["n"].max()) if len(model.quality) else 0
    drawn = Text(
        N_("Learnt from {n:count} of {base:count} scored comments, by customers drawn at random."),
        {"n": model.labels, "base": scored},
    )
    return Result(
        "sentiment_quality",
        model.quality if model.useful else model.quality.iloc[:0],
        Text(N_("How often the sentiment is right, on comments not used for learning")),
        NOBODY,
        claims=lambda table: [RIGHT.one(row) for row in table.dropna(subset=["macro_f1"]).head(1).itertuples()],
        about=drawn if model.labels < scored else None,
        needs="feedback",
    )


def curve(model: SentimentModel) -> Result:
    """How good the sentiment would be with fewer scored comments; empty where a list judged or none is shown."""
    table = model.curve if model.useful else model.curve.iloc[:0]
    title = Text(N_("How good the sentiment would be with fewer scored comments"))
    return Result("sentiment_curve", table, title, NOBODY, claims=_labels, needs="feedback")


def limits(comments: pd.DataFrame, model: SentimentModel) -> list[Limit]:
    """Why no sentiment is shown, or with what caution it is to be read."""
    values = {"n": int(comments["own"].notna().sum()) if len(comments) else 0, "min": MIN_SCORED}
    messages = {
        FEW: N_(
            "How comments sound: measured on {n:count} scored comments, the list of words is little better than "
            "guessing. At least {min:count} comments with a score are needed to learn from."
        ),
        OWN: N_("How comments sound: the wording of {n:count} scored comments does not tell their scores apart."),
    }
    unheard = N_("How comments sound: {n:count} comments have a score beside them, at least {min:count} are needed.")
    if not model.useful:
        return [Limit(messages.get(model.method, unheard), values, needs=NEEDS)]
    if model.method == OWN:
        return []
    found, spoken = [], model.comments["language"]
    if not model.measured:
        message = N_(
            "How often the sentiment of the comments is right cannot be measured here: {n:count} comments have a score "
            "beside them. It comes from a list of words. From {min:count} scored comments on it is learnt and measured."
        )
        found.append(Limit(message, values, needs=NEEDS))
    if not model.measured and (spoken == "de").any():
        message = N_(
            "On German complaints a list of words is close to guessing: on public comments about a railway, ours tells "
            "negative from positive with a macro-F1 of {f1:ratio}, where guessing gives {guessing:ratio}. Read the "
            "sentiment of German comments as a hint."
        )
        found.append(Limit(message, {"f1": PUBLIC["de"], "guessing": 0.5}, needs=NEEDS))
    if len(spoken) < len(comments):
        message = N_(
            "{n:count} of {base:count} comments are in languages without a list of words; their sentiment is unknown."
        )
        found.append(Limit(message, {"n": len(comments) - len(spoken), "base": len(comments)}, needs=NEEDS))
    return found


def _shares(judged: pd.DataFrame) -> pd.DataFrame:
    """``theme, sentiment, n, base, share`` with Wilson's interval; every class has a row."""
    counts = pd.crosstab(judged["theme"].astype("object"), judged["sentiment"].astype("object"))
    counts = counts.reindex(columns=list(CLASSES), fill_value=0)
    table = counts.stack().rename("n").rename_axis(["theme", "sentiment"]).reset_index()
    table["base"] = table["theme"].map(counts.sum(axis=1)).astype(int)
    return add_shares(table.astype({"sentiment": "str", "n": int}))


def _negative(table: pd.DataFrame, test: str, customers: int) -> list[Finding]:
    """How many comments are negative, and how many positive; nothing where one of them may not be shown."""
    told = shown(table).set_index("sentiment", drop=False)
    if not {NEGATIVE, POSITIVE} <= set(told.index):
        return []
    positive = float(told.loc[POSITIVE, "share"])
    values = HEARD.values | {"positive": lambda row: positive}
    return [replace(HEARD, values=values, test=test, reach=lambda row: customers).one(told.loc[NEGATIVE])]


def _labels(table: pd.DataFrame) -> list[Finding]:
    """Whether fewer scored comments would have been enough, or more would still help."""
    if len(table) < 2:
        return []
    last, before = table.iloc[-1], table.iloc[-2]
    first = table[table["macro_f1"].round(9) >= round(last["macro_f1"] - ENOUGH_LABELS, 9)].iloc[0]
    enough = first["labels"] < last["labels"]
    if enough:
        message = N_(
            "{few:count} scored comments would have been enough: macro-F1 {f1:ratio}, with all {n:count} it is "
            "{all:ratio}."
        )
        values = {"few": int(first["labels"]), "f1": float(first["macro_f1"]), "all": float(last["macro_f1"])}
    else:
        message = N_(
            "More scored comments would still help: macro-F1 rises from {few_f1:ratio} with {few:count} to {f1:ratio} "
            "with all {n:count}."
        )
        values = {"few": int(before["labels"]), "few_f1": float(before["macro_f1"]), "f1": float(last["macro_f1"])}
    row = first if enough else last
    interval, n = (float(row["macro_f1_low"]), float(row["macro_f1_high"])), int(last["labels"])
    return [Finding(message, values | {"n": n}, id="sentiment.labels", n=n, interval=interval)]


HEARD = Claims(
    "sentiment.negative",
    N_(
        "{share:share} of comments are negative ({low:share} to {high:share}, n = {n:count}), "
        "{positive:share} positive."
    ),
    {"n": "base"},
    estimate="share",
    effect="share",
    kind="fact",
)
RIGHT = Claims(
    "sentiment.quality",
    N_(
        "On comments it had not seen, the classifier agrees with the customer's own score in {accuracy:share} "
        "of {n:count} cases (macro-F1 {f1:number}; guessing by frequency: {guessing:number})."
    ),
    {"f1": "macro_f1"},
    test=N_("cross-validation by customer"),
    estimate="macro_f1",
    n="n",
    reach=lambda row: 0,
    effect=0.0,
    kind="fact",
)
