"""How comments sound, learnt from the customers' own scores and measured on comments it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..messages import N_, Finding, Limit
from .intervals import add_shares
from .metrics import answers
from .text import filled, impersonal

# What a score says about the comment beside it is what its metric says about the customer (`metrics.METRICS`):
# promoters and satisfied customers are positive, detractors and dissatisfied ones negative.
POSITIVE, NEUTRAL, NEGATIVE = N_("positive"), N_("neutral"), N_("negative")
CLASSES = (NEGATIVE, NEUTRAL, POSITIVE)

MIN_SCORED = 200  # scored comments; below it own labels are no better than a word list, which is near chance
MIN_CLASS = 10  # scored comments of each class, so that every fold has some
FOLDS = 5
BETTER_THAN_GUESSING = 0.10  # macro-F1 above that of guessing by frequency; else tone and score go separate ways
BINS = 10  # of the expected calibration error (Guo et al. 2017)

NEEDS = N_("comments with a score beside them (NPS, CSAT, CES or stars), at least 200")


@dataclass(frozen=True)
class SentimentModel:
    """A classifier of comments and how good it is.

    Parameters
    ----------
    quality : DataFrame
        ``language`` ("all" first)``, n`` (scored comments)``, macro_f1, accuracy, guessing`` (macro-F1 of guessing by
        frequency)``, calibration_error``: all on comments kept out of the training.
    comments : DataFrame
        ``row, customer_no, language, sentiment, probability`` of every comment given. Those with a score were judged
        by models that had not seen them, nor others of the same customer.
    predictor : callable object
        The final model; see `predict`.
    temperature : float
        By which its logits are divided so that probabilities mean what they say.
    """

    quality: pd.DataFrame
    comments: pd.DataFrame
    predictor: Any
    temperature: float

    @property
    def useful(self) -> bool:
        """Whether it beats guessing by enough to be shown."""
        row = self.quality.iloc[0]
        return bool(round(row["macro_f1"] - row["guessing"], 6) >= BETTER_THAN_GUESSING)

    def predict(self, texts: Sequence[str]) -> pd.DataFrame:
        """Probability of each class for new texts, one row each."""
        return pd.DataFrame(
            _softmax(_logits(self.predictor, texts) / self.temperature), columns=self.predictor.classes_
        )


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
        ``row`` (index of `feedback`)``, customer_no, at, text, language, own`` (class by score, missing without one).
    """
    written = feedback[filled(feedback["text"])]
    # `answers` sorts its rows: they are recognised by a number in place of the customer's.
    spoken = pd.Series("", written.index) if languages is None else languages.reindex(written.index)
    if "language" in written:
        spoken = written["language"].astype("object").where(written["language"].notna(), spoken)
    numbered = written.assign(customer_no=np.arange(len(written)))
    scored = answers(numbered).set_index("customer_no")
    classes = np.select([scored["good"], scored["poor"]], [POSITIVE, NEGATIVE], NEUTRAL)
    own = pd.Series(classes, index=scored.index, dtype="object").reindex(range(len(written)))
    return pd.DataFrame(
        {
            "row": written.index,
            "customer_no": written["customer_no"].to_numpy(),
            "at": written["at"].to_numpy(),
            "text": written["text"].to_numpy(),
            "language": spoken.to_numpy(),
            "own": own.to_numpy(),
        }
    )


def train(comments: pd.DataFrame, seed: int = 1) -> SentimentModel | None:
    """Learn from scored comments, measure on unseen ones, and judge all.

    TF-IDF of words and of pieces of words with logistic regression, five folds by customer, one temperature for
    calibration.

    Parameters
    ----------
    comments : DataFrame
        From `comments_of`.
    seed : int
        Of the folds.

    Returns
    -------
    SentimentModel or None
        None if there are too few scored comments, or too few of a class.
    """
    from scipy.optimize import minimize_scalar
    from sklearn.model_selection import StratifiedGroupKFold
    from threadpoolctl import threadpool_limits

    comments = comments.reset_index(drop=True)
    texts = comments["text"].map(impersonal)
    scored = np.flatnonzero(comments["own"].notna())
    own = comments["own"].to_numpy(dtype=object)[scored]
    if not _enough(own):
        return None
    # A customer's comments resemble each other; unknown customers are each on their own.
    people = comments["customer_no"].astype("Float64").fillna(pd.Series(-1.0 - comments.index, dtype="Float64"))
    groups = people.to_numpy(dtype=float)[scored]
    logits = np.zeros((len(comments), len(CLASSES)))
    with threadpool_limits(1):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for rows, held_out in folds.split(scored, own, groups):
            fitted = _classifier().fit(texts.iloc[scored[rows]], own[rows])
            logits[scored[held_out]] = _logits(fitted, texts.iloc[scored[held_out]])
        final = _classifier().fit(texts.iloc[scored], own)
        rest = np.setdiff1d(np.arange(len(comments)), scored)
        if len(rest):
            logits[rest] = _logits(final, texts.iloc[rest])
    truth = np.searchsorted(final.classes_, own.astype(str))
    loss = lambda log_t: -np.log(_softmax(logits[scored] / np.exp(log_t))[np.arange(len(truth)), truth] + 1e-12).mean()
    temperature = float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))
    probabilities = _softmax(logits / temperature)
    judged = comments[["row", "customer_no", "at", "language"]].assign(
        sentiment=final.classes_[probabilities.argmax(axis=1)].astype(str), probability=probabilities.max(axis=1)
    )
    return SentimentModel(
        quality=_quality(own, judged.iloc[scored].reset_index(drop=True)),
        comments=judged,
        predictor=final,
        temperature=temperature,
    )


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


def by_theme(judged: pd.DataFrame, assignments: pd.DataFrame) -> pd.DataFrame:
    """Share of each sentiment among the comments of each theme, most negative theme first."""
    joined = judged.merge(assignments[["row", "theme"]], on="row", validate="one_to_many")
    table = shares(joined, "theme")
    negative = table[table["sentiment"] == NEGATIVE].set_index("theme")["share"]
    table["negative"] = table["theme"].map(negative)
    table = table.sort_values(["negative", "theme"], ascending=[False, True], kind="stable", ignore_index=True)
    return table.drop(columns="negative")


def limits(comments: pd.DataFrame, model: SentimentModel | None) -> list[Limit]:
    """Why no sentiment is shown, if none is."""
    if model is not None and model.useful:
        return []
    values = {"n": int(comments["own"].notna().sum()) if len(comments) else 0, "min": MIN_SCORED}
    if model is None:
        message = N_(
            "How comments sound: {n:count} comments have a score beside them, at least {min:count} are needed."
        )
    else:
        message = N_("How comments sound: the wording of {n:count} scored comments does not tell their scores apart.")
    return [Limit(message, values, needs=NEEDS)]


def findings(model: SentimentModel | None, chapter: str = "04") -> list[Finding]:
    """How many comments are negative, and how far the classifier can be trusted."""
    if model is None or not model.useful:
        return []
    table = shares(model.comments).set_index("sentiment")
    row, quality = table.loc[NEGATIVE], model.quality.iloc[0]
    low, high = float(row["share_low"]), float(row["share_high"])
    return [
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
            test=N_("classifier trained on own scores; Wilson interval"),
            effect=float(row["share"]),
            reach=int(model.comments["customer_no"].nunique()),
        ),
        Finding(
            "On comments it had not seen, the classifier agrees with the customer's own score in {accuracy:share} of "
            "{n:count} cases (macro-F1 {f1:number}; guessing by frequency: {guessing:number}).",
            {
                "accuracy": float(quality["accuracy"]),
                "n": int(quality["n"]),
                "f1": float(quality["macro_f1"]),
                "guessing": float(quality["guessing"]),
            },
            id=f"{chapter}.sentiment.quality",
            n=int(quality["n"]),
            table="sentiment_quality",
            test=N_("five-fold cross-validation by customer"),
        ),
    ]


def _enough(own: np.ndarray) -> bool:
    counts = pd.Series(own).value_counts()
    return len(own) >= MIN_SCORED and len(counts) == len(CLASSES) and int(counts.min()) >= MIN_CLASS


def _classifier():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    return make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True),
        ),
        LogisticRegression(C=4.0, class_weight="balanced", max_iter=1000),
    )


def _logits(classifier, texts: Sequence[str]) -> np.ndarray:
    return classifier.decision_function(list(texts))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _quality(own: np.ndarray, judged: pd.DataFrame) -> pd.DataFrame:
    rows = [("all", *_measures(own, judged))]
    for language, part in judged.groupby("language"):
        if language and len(part) >= MIN_SCORED // 2:
            rows.append((language, *_measures(own[part.index], part)))
    columns = ["language", "n", "macro_f1", "accuracy", "guessing", "calibration_error"]
    return pd.DataFrame(rows, columns=columns)


def _measures(own: np.ndarray, judged: pd.DataFrame) -> tuple[int, float, float, float, float]:
    from sklearn.metrics import f1_score

    told, sure = judged["sentiment"].to_numpy(dtype=object), judged["probability"].to_numpy()
    right = told == own
    # Guessing class c with its frequency is right as often as it is frequent: its F1 is that frequency.
    guessing = float(pd.Series(own).value_counts(normalize=True).sum() / len(CLASSES))
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    f1 = f1_score(own.astype(str), told.astype(str), labels=list(CLASSES), average="macro", zero_division=0.0)
    return len(own), float(f1), float(right.mean()), guessing, float(sum(gaps))
