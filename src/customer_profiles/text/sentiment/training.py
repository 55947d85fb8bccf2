"""How comments sound: learnt from the customers' own scores and measured on comments it has not seen.

Where too few comments have a score, a list of words begins the work (`sentiment_start`), and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...analysis.feedback.metrics import answers
from ...messages import N_, Finding, Limit
from ...stats.intervals import add_shares
from ..words import filled
from . import cold_start as start
from . import lexicon
from .measures import QUALITY, f1_interval, measure
from .model import Classifier, Reader, learn, read

# What a score says about the comment beside it is what its metric says about the customer (`metrics.METRICS`):
# promoters and satisfied customers are positive, detractors and dissatisfied ones negative.
POSITIVE, NEUTRAL, NEGATIVE = N_("positive"), N_("neutral"), N_("negative")
CLASSES = (NEGATIVE, NEUTRAL, POSITIVE)

MIN_SCORED = 200  # scored comments; below it own labels are no better than a list of words
MIN_CLASS = 10  # customers with scored comments of each class, so that every fold has some
FOLDS = 5
MANY, FOLDS_OF_MANY = 10_000, 3  # scored comments from which two thirds teach as much as four fifths
BETTER_THAN_GUESSING = 0.10  # macro-F1 above that of guessing by frequency; else tone and score go separate ways
SIZES = (200, 500, 1000, 2000, 5000)  # scored comments of the learning curve
CURVE_FOLDS = 3  # inside it, where only the last step needs them
CURVE = ("labels", "n", "macro_f1", "macro_f1_low", "macro_f1_high")
ENOUGH_LABELS = 0.02  # macro-F1 below that of all labels at which fewer would have done

# What judged the comments.
OWN = N_("own scores")
FEW = N_("word list, borders by few own scores")
LIST = N_("word list, not measured here")

NEEDS = N_("comments with a score beside them (NPS, CSAT, CES or stars), at least 200")


@dataclass(frozen=True)
class SentimentModel:
    """What judged the comments, and how good it is.

    Parameters
    ----------
    method : str
        `OWN`, `FEW` or `LIST`.
    labels : int
        Scored comments it was learnt or measured with.
    quality : DataFrame
        ``language`` ("all" first)``, method, n`` (scored comments)``, macro_f1`` with interval``, accuracy, guessing``
        (macro-F1 of guessing by frequency)``, calibration_error``: all on comments kept out of the training; missing
        where nothing could be measured.
    comments : DataFrame
        ``row, customer_no, at, language, sentiment, probability`` of every comment given; without those of a language
        that has no list, where a list judged. Those with a score were judged by models that had not seen them.
    curve : DataFrame
        ``labels, n`` (comments it was measured on)``, macro_f1`` with interval: how good it is with fewer scored
        comments, to all of them. Empty where a list judged.
    reader, classifier : objects
        The learnt models; see `predict`. None where a list judged.
    """

    method: str
    labels: int
    quality: pd.DataFrame
    comments: pd.DataFrame
    curve: pd.DataFrame
    reader: Reader | None = None
    classifier: Classifier | None = None

    @property
    def measured(self) -> bool:
        """Whether there were scores to measure it with."""
        return bool(self.quality["macro_f1"].notna().iloc[0])

    @property
    def useful(self) -> bool:
        """Whether it beats guessing by enough to be shown; a list that cannot be measured is shown with a warning."""
        row = self.quality.iloc[0]
        return not self.measured or bool(round(row["macro_f1"] - row["guessing"], 6) >= BETTER_THAN_GUESSING)

    def predict(self, texts: Sequence[str], languages: Sequence[str] | None = None) -> pd.DataFrame:
        """Probability of each class for new texts, one row each; only of a model learnt from own scores."""
        features = self.reader.read(texts, languages if languages is not None else [""] * len(texts))
        rows = np.arange(len(texts))
        return pd.DataFrame(self.classifier.probabilities(features, rows), columns=self.classifier.classes)


def comments_of(feedback: pd.DataFrame, languages: pd.Series | None = None) -> pd.DataFrame:
    """Comments with the class that their own score gives them.

    Parameters
    ----------
    feedback : DataFrame
        ``customer_no, at, metric, score, text`` and optionally ``scale``.
    languages : Series, optional
        Language of each text, same index; used where the source does not name it in a column ``language``.

    Returns
    -------
    DataFrame
        ``row`` (index of `feedback`)``, customer_no, at, text, language, own`` (class by score)``, grade`` (0 the worst
        answer that occurs, 1 poor, 2 middle, 3 good, 4 the best); the last two are missing without a score.
    """
    written = feedback[filled(feedback["text"])]
    spoken = pd.Series("", written.index) if languages is None else languages.reindex(written.index)
    if "language" in written:
        spoken = written["language"].astype("object").where(written["language"].notna(), spoken)
    scored = answers(written, rows=True).set_index("row")
    ends = scored.groupby("metric")["score"]
    grade = 2.0 + scored["good"] - scored["poor"]
    grade += (scored["good"] & (scored["score"] == ends.transform("max"))) * 1.0
    grade -= (scored["poor"] & (scored["score"] == ends.transform("min"))) * 1.0
    own = pd.Series(np.select([scored["good"], scored["poor"]], [POSITIVE, NEGATIVE], NEUTRAL), scored.index, "object")
    return pd.DataFrame(
        {
            "row": written.index,
            "customer_no": written["customer_no"].to_numpy(),
            "at": written["at"].to_numpy(),
            "text": written["text"].to_numpy(),
            "language": spoken.to_numpy(),
            "own": own.reindex(written.index).to_numpy(),
            "grade": grade.reindex(written.index).to_numpy(float),
        }
    )


def train(comments: pd.DataFrame, seed: int = 1) -> SentimentModel | None:
    """Judge all comments: learn from the scored ones, or, where they are too few, begin with a list of words.

    Parameters
    ----------
    comments : DataFrame
        From `comments_of`.
    seed : int
        Of the folds.

    Returns
    -------
    SentimentModel or None
        None if there is nothing to learn from and no list for the languages.
    """
    from threadpoolctl import threadpool_limits

    if comments.empty:
        return None
    comments = comments.reset_index(drop=True)
    languages = comments["language"].fillna("").to_numpy(dtype=object)
    # A customer's comments resemble each other; unknown customers are each on their own.
    people = comments["customer_no"].astype("Float64").fillna(pd.Series(-1.0 - comments.index, dtype="Float64"))
    own = comments["own"].to_numpy(dtype=object)
    scored = np.flatnonzero(comments["own"].notna())
    with threadpool_limits(1):
        if _enough(own[scored], people.to_numpy(float)[scored]):
            features, reader = read(comments["text"].tolist(), languages)
            task = (features, own, comments["grade"].to_numpy(float), scored, people.to_numpy(float))
            return _from_scores(comments, task, reader, seed)
        if np.isin(languages, lexicon.LANGUAGES).any():
            return _from_list(comments, languages, own, seed)
    return None


def heard(model: SentimentModel | None) -> pd.DataFrame | None:
    """Comments with their sentiment, None where there is no classifier good enough to be shown."""
    return model.comments if model is not None and model.useful else None


def shares(judged: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Share of each sentiment: ``[by,] sentiment, n, base, share`` with Wilson's interval; every class has a row."""
    groups = judged[by].astype("object") if by else pd.Series("", index=judged.index)
    counts = pd.crosstab(groups, judged["sentiment"]).reindex(columns=list(CLASSES), fill_value=0)
    table = counts.rename_axis("group").reset_index().melt("group", var_name="sentiment", value_name="n")
    table["base"] = table["group"].map(counts.sum(axis=1))
    table["order"] = table["sentiment"].map({name: i for i, name in enumerate(CLASSES)})
    table = table.sort_values(["group", "order"], kind="stable", ignore_index=True).drop(columns="order")
    table["sentiment"] = table["sentiment"].astype("str")
    table = add_shares(table)
    return table.rename(columns={"group": by}) if by else table.drop(columns="group")


def by_theme(judged: pd.DataFrame, assignments: pd.DataFrame | None = None) -> pd.DataFrame:
    """Share of each sentiment among the comments of each theme, most negative theme first.

    Parameters
    ----------
    judged : DataFrame
        From `heard`; or from `sentiment_aspects.aspects`, which knows the themes already.
    assignments : DataFrame, optional
        ``row, theme`` of each comment.
    """
    joined = (
        judged if assignments is None else judged.merge(assignments[["row", "theme"]], on="row", validate="one_to_many")
    )
    table = shares(joined, "theme")
    negative = table[table["sentiment"] == NEGATIVE].set_index("theme")["share"]
    table["negative"] = table["theme"].map(negative)
    table = table.sort_values(["negative", "theme"], ascending=[False, True], kind="stable", ignore_index=True)
    return table.drop(columns="negative")


def limits(comments: pd.DataFrame, model: SentimentModel | None) -> list[Limit]:
    """Why no sentiment is shown, or with what caution it is to be read."""
    values = {"n": int(comments["own"].notna().sum()) if len(comments) else 0, "min": MIN_SCORED}
    if model is None:
        message = N_(
            "How comments sound: {n:count} comments have a score beside them, at least {min:count} are needed."
        )
        return [Limit(message, values, needs=NEEDS)]
    if not model.useful:
        if model.method == FEW:
            message = N_(
                "How comments sound: measured on {n:count} scored comments, the list of words is little better than "
                "guessing. At least {min:count} comments with a score are needed to learn from."
            )
        else:
            message = N_(
                "How comments sound: the wording of {n:count} scored comments does not tell their scores apart."
            )
        return [Limit(message, values, needs=NEEDS)]
    if model.method == OWN:
        return []
    found = []
    if not model.measured:
        message = N_(
            "How often the sentiment of the comments is right cannot be measured here: {n:count} comments have a score "
            "beside them. It comes from a list of words. From {min:count} scored comments on it is learnt and measured."
        )
        found.append(Limit(message, values, needs=NEEDS))
    spoken = model.comments["language"]
    if not model.measured and (spoken == "de").any():
        message = N_(
            "On German complaints a list of words is close to guessing: on public comments about a railway, ours tells "
            "negative from positive with a macro-F1 of {f1:ratio}, where guessing gives {guessing:ratio}. Read the "
            "sentiment of German comments as a hint."
        )
        found.append(Limit(message, {"f1": start.PUBLIC["de"], "guessing": 0.5}, needs=NEEDS))
    if len(spoken) < len(comments):
        message = N_(
            "{n:count} of {base:count} comments are in languages without a list of words; their sentiment is unknown."
        )
        found.append(Limit(message, {"n": len(comments) - len(spoken), "base": len(comments)}, needs=NEEDS))
    return found


def findings(model: SentimentModel | None, chapter: str = "04") -> list[Finding]:
    """How many comments are negative, how far that can be trusted, and whether more scores would help."""
    if model is None or not model.useful:
        return []
    table = shares(model.comments).set_index("sentiment")
    row, quality = table.loc[NEGATIVE], model.quality.iloc[0]
    low, high = float(row["share_low"]), float(row["share_high"])
    tests = {
        OWN: N_("classifier trained on own scores; Wilson interval"),
        FEW: N_("list of words with borders by own scores; Wilson interval"),
        LIST: N_("list of words, not measured here; Wilson interval"),
    }
    found = [
        Finding(
            "{share:share} of comments are negative ({low:share} to {high:share}, n = {n:count}), "
            "{positive:share} positive.",
            {
                "share": float(row["share"]),
                "low": low,
                "high": high,
                "n": int(row["base"]),
                "positive": float(table.loc[POSITIVE, "share"]),
            },
            id=f"{chapter}.sentiment.negative",
            n=int(row["base"]),
            table="sentiment",
            interval=(low, high),
            test=tests[model.method],
            effect=float(row["share"]),
            reach=int(model.comments["customer_no"].nunique()),
        )
    ]
    if model.measured:
        found.append(
            Finding(
                "On comments it had not seen, the classifier agrees with the customer's own score in {accuracy:share} "
                "of {n:count} cases (macro-F1 {f1:number}; guessing by frequency: {guessing:number}).",
                {
                    "accuracy": float(quality["accuracy"]),
                    "n": int(quality["n"]),
                    "f1": float(quality["macro_f1"]),
                    "guessing": float(quality["guessing"]),
                },
                id=f"{chapter}.sentiment.quality",
                n=int(quality["n"]),
                table="sentiment_quality",
                interval=(float(quality["macro_f1_low"]), float(quality["macro_f1_high"])),
                test=N_("cross-validation by customer"),
            )
        )
    return found + _curve_findings(model, chapter)


def _curve_findings(model: SentimentModel, chapter: str) -> list[Finding]:
    """Whether fewer scored comments would have been enough, or more would still help."""
    if len(model.curve) < 2:
        return []
    last = model.curve.iloc[-1]
    enough = model.curve[model.curve["macro_f1"].round(9) >= round(last["macro_f1"] - ENOUGH_LABELS, 9)].iloc[0]
    evidence = {"id": f"{chapter}.sentiment.labels", "n": int(last["labels"]), "table": "sentiment_curve"}
    if enough["labels"] < last["labels"]:
        return [
            Finding(
                "{few:count} scored comments would have been enough: macro-F1 {f1:ratio}, with all {n:count} it is "
                "{all:ratio}.",
                {
                    "few": int(enough["labels"]),
                    "f1": float(enough["macro_f1"]),
                    "n": int(last["labels"]),
                    "all": float(last["macro_f1"]),
                },
                interval=(float(enough["macro_f1_low"]), float(enough["macro_f1_high"])),
                **evidence,
            )
        ]
    before = model.curve.iloc[-2]
    return [
        Finding(
            "More scored comments would still help: macro-F1 rises from {few_f1:ratio} with {few:count} to {f1:ratio} "
            "with all {n:count}.",
            {
                "few": int(before["labels"]),
                "few_f1": float(before["macro_f1"]),
                "n": int(last["labels"]),
                "f1": float(last["macro_f1"]),
            },
            interval=(float(last["macro_f1_low"]), float(last["macro_f1_high"])),
            **evidence,
        )
    ]


def _enough(own: np.ndarray, people: np.ndarray) -> bool:
    """Whether there is enough to learn from: each class from ten different customers, so that every fold has some."""
    customers = pd.Series(people).groupby(own.astype(str)).nunique()
    return len(own) >= MIN_SCORED and len(customers) > 1 and int(customers.min()) >= MIN_CLASS


def _from_scores(comments: pd.DataFrame, task: tuple, reader: Reader, seed: int) -> SentimentModel:
    features, own, grade, scored, people = task
    folds = FOLDS if len(scored) < MANY else FOLDS_OF_MANY
    classifier, unseen, decided = learn(features, own, grade, scored, people, folds, seed)
    probabilities, told = np.zeros((len(own), len(classifier.classes))), np.zeros(len(own), dtype=int)
    probabilities[scored], told[scored] = unseen, decided
    rest = np.setdiff1d(np.arange(len(own)), scored)
    if len(rest):
        probabilities[rest] = classifier.probabilities(features, rest)
        told[rest] = classifier.decide(probabilities[rest])
    judged = _judged(comments, classifier.classes[told], probabilities[np.arange(len(told)), told])
    quality = measure(own[scored], judged.iloc[scored].reset_index(drop=True), OWN)
    curve = _curve(task, seed)
    all_of_them = quality.iloc[[0]].assign(labels=len(scored))
    curve = pd.concat([curve, all_of_them[list(CURVE)]], ignore_index=True)
    return SentimentModel(OWN, len(scored), quality, judged, curve, reader, classifier)


def _from_list(comments: pd.DataFrame, languages: np.ndarray, own: np.ndarray, seed: int) -> SentimentModel:
    heard = np.flatnonzero(np.isin(languages, lexicon.LANGUAGES))
    comments, own = comments.iloc[heard].reset_index(drop=True), own[heard]
    scored = np.flatnonzero(pd.notna(own))
    features, _ = read(comments["text"].tolist(), languages[heard])
    numbers = start.sounds(features, languages[heard], seed)
    if start.enough(own[scored]):
        classes, probabilities, decided = start.calibrate(numbers, own, scored, seed)
        judged = _judged(comments, classes[decided], probabilities[np.arange(len(decided)), decided])
        quality = measure(own[scored], judged.iloc[scored].reset_index(drop=True), FEW)
        return SentimentModel(FEW, len(scored), quality, judged, pd.DataFrame(columns=CURVE))
    sides = np.array(CLASSES, dtype=object)[start.judge(numbers).astype(int) + 1]
    judged = _judged(comments, sides, np.full(len(sides), np.nan))
    names = ["all", *sorted(judged["language"].unique())]
    quality = pd.DataFrame({"language": names, "method": LIST, "n": 0}).reindex(columns=QUALITY)
    return SentimentModel(LIST, 0, quality, judged, pd.DataFrame(columns=CURVE))


def _judged(comments: pd.DataFrame, sentiment: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    kept = comments[["row", "customer_no", "at", "language"]]
    return kept.assign(sentiment=pd.Series(sentiment.astype(str), dtype="str"), probability=probability)


def _curve(task: tuple, seed: int) -> pd.DataFrame:
    """How good the classifier is when it learns from fewer comments, all measured on one fifth of the customers."""
    from sklearn.model_selection import StratifiedGroupKFold

    features, own, grade, scored, people = task
    parts = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed + 1)
    pool, held = next(parts.split(scored, own[scored].astype(str), people[scored]))
    pool, held = np.random.default_rng(seed).permutation(scored[pool]), scored[held]
    truth, lines = own[held].astype(str), []
    for size in (size for size in SIZES if size < len(scored) * 0.75):
        if not _enough(own[pool[:size]], people[pool[:size]]) or len(np.unique(own[pool[:size]].astype(str))) < len(
            np.unique(truth)
        ):
            continue
        classifier, _, _ = learn(features, own, grade, pool[:size], people, CURVE_FOLDS, seed)
        told = classifier.classes[classifier.decide(classifier.probabilities(features, held))]
        lines.append((size, len(held), *f1_interval(truth, told, seed)))
    return pd.DataFrame(lines, columns=list(CURVE))
