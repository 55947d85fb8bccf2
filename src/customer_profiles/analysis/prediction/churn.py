"""Who will be lost: a probability for every customer, tried on customers that it was not learnt from.

Without a contract, lost is who was ordering and placed no order in the period after a day. The probability is learnt
before one day and tried after another, later one; features are only what was known on that day. With a contract, lost
is who left; where nobody knows when, the customers are divided at random and the page calls it a snapshot.

A column that tells nearly all of the outcome by itself was written down after it or says it in other words: it is named
and left out (`analysis.leakage`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Limit, Text
from ...results import NOBODY, ONE_MARGIN, Result
from ...stats.intervals import add_shares, auc_interval
from ..demographics.categories import values_of
from ..leakage import same_as
from ..segments.embedding import is_number
from .order_history import SINCE_FIRST, SINCE_LAST, Orders, history, known, rhythm

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

LEAK = 0.95
"""Area under the ROC curve from which a single column tells too much to have been known before."""
MIN_CASES = 50
"""Customers lost, and kept, without which nothing is learnt or tried."""
TENTHS = 10
FOLDS = 5
RESAMPLES = 200
MOST = 50_000
"""Customers drawn to learn from, and to try it on, where there are more; everybody has a probability."""
RARE, FEW = 0.02, 10
"""Share of the customers, and number of them, below which a value is pooled with other rare ones."""
GOLDEN = (5**0.5 - 1) / 2
STATUS, AGE = "status", "age"


@dataclass(frozen=True)
class Cases:
    """What is known of customers on a day, and who was lost after it.

    Parameters
    ----------
    features : DataFrame
        By ``customer_no``.
    lost : Series of bool
        Empty where it is not known yet.
    """

    features: pd.DataFrame
    lost: pd.Series

    @property
    def enough(self) -> bool:
        """Whether there are enough of both to learn or to try."""
        return bool(len(self.lost)) and min(int(self.lost.sum()), int((~self.lost).sum())) >= MIN_CASES


@dataclass(frozen=True)
class Tried:
    """A probability of being lost, and how well it did.

    Parameters
    ----------
    models : tuple of Pipeline
        One, or of a snapshot several, each of which has not seen a part of the customers and speaks for these
        (`part_of`). None where too few were lost to learn from.
    p, lost : Series
        Probability and outcome of the customers on whom it was tried.
    simple : Series
        What the simple way said of them: the days of silence alone, or of a snapshot everybody alike.
    left_out : tuple of str
        Columns that told too much.
    snapshot : bool
        Whether it was tried on other customers instead of a later time.
    """

    models: tuple[Pipeline, ...]
    p: pd.Series
    lost: pd.Series
    simple: pd.Series
    left_out: tuple[str, ...] = ()
    snapshot: bool = False


def of_buyers(orders: Orders, until: pd.Timestamp, days: int, traits: pd.DataFrame) -> Cases:
    """Buyers who ordered in the period before a day, and whether they placed no order in as long a time after it.

    Parameters
    ----------
    orders : Orders
    until : Timestamp
        The day; nothing after it is a feature.
    days : int
        Length of the period.
    traits : DataFrame
        By ``customer_no``: what does not change from day to day.
    """
    past = known(history(orders, until, days))
    past = past[past[SINCE_LAST] < days]
    every, silent = rhythm(past["order_days"], past[SINCE_FIRST], past[SINCE_LAST])
    features = past.assign(rhythm_days=every, rhythms_silent=silent).join(traits, how="left")
    if until + pd.Timedelta(days=days) > orders.last:
        return Cases(features, pd.Series(dtype=bool))
    after = orders.days[orders.days["day"].between(until, until + pd.Timedelta(days=days), inclusive="right")]
    return Cases(features, pd.Series(~features.index.isin(after["customer_no"]), features.index, name="lost"))


def of_contracts(contracts: pd.DataFrame, traits: pd.DataFrame, outcome: Any, profile: pd.DataFrame) -> Cases:
    """Customers with a contract, and whether they left.

    Parameters
    ----------
    contracts : DataFrame
        From `contracts.members`.
    traits : DataFrame
        By ``customer_no``.
    outcome : Outcome or None
    profile : DataFrame
        To find what says the outcome in other words.
    """
    if not len(contracts):
        return Cases(traits.iloc[:0], pd.Series(dtype=bool))
    said = same_as(profile, list(traits), outcome)
    features = traits.drop(columns=said).reindex(contracts.index)
    return Cases(features, contracts["left"].astype(bool).rename("lost"))


def lasting(profile: pd.DataFrame, names: Iterable[str], outcome: Any) -> pd.DataFrame:
    """Traits by ``customer_no`` that were the same on an earlier day.

    A status and a number, as they are recorded today, tell of what came after that day: they are left out, but for the
    age, and with them what says the outcome in other words.
    """
    names = [name for name in names if name in profile]
    gone = {STATUS, *same_as(profile, names, outcome)}
    return traits_of(profile, (name for name in names if name not in gone and not _changes(profile[name])))


def check_days(orders: Orders) -> int:
    """Days of each of the three periods: before, learnt after, tried after; the horizon, or a third of the records."""
    return int(min(orders.horizon_days, (orders.last - orders.first).days / 3)) if orders.known else 0


def leaks(cases: Cases) -> list[str]:
    """Columns that tell nearly all of the outcome by themselves.

    A number is ranked as it is, a category by the share that was lost in it in the other half of the customers, so that
    a category with a value for each customer tells nothing.
    """
    found = []
    for name in cases.features:
        score = _alone(cases.features[name], cases.lost)
        area = auc_interval(score, cases.lost).value
        if max(area, 1 - area) > LEAK:
            found.append(name)
    return found


def learn(before: Cases, after: Cases | None, seed: int = 1, simple_way: str = SINCE_LAST) -> Tried:
    """Learn the probability of being lost, or of another outcome of that kind, and try it.

    Logistic regression stands beside gradient boosting; of the two the one with the lower Brier score in
    cross-validation on what is learnt from is used.

    Parameters
    ----------
    before : Cases
        To learn from.
    after : Cases, optional
        To try it on, at a later time; None: at the same. Each customer is foreseen by a model that has not seen them:
        one in turn where some are in both, else the one that is learnt from all.
    seed : int
        Of samples (`MOST`), folds and trees.
    simple_way : str
        Feature that the simple way learns from alone; empty: it takes everybody for alike.
    """
    none = pd.Series(dtype=float)
    if not before.enough or (after is not None and not after.enough):
        return Tried((), none, pd.Series(dtype=bool), none, snapshot=after is None)
    import sklearn.ensemble  # noqa: F401  (a library that is loaded later would not be limited to one thread)
    from sklearn.metrics import brier_score_loss
    from threadpoolctl import threadpool_limits

    before, after = _drawn(before, seed), after and _drawn(after, seed)
    with threadpool_limits(1):  # sums in another order are other sums, and chapters that run at once wait for threads
        left_out = tuple(leaks(before))
        features = before.features.drop(columns=list(left_out))
        models = {name: _in_turn(name, features, before.lost, seed) for name in ("logistic", "trees")}
        apart = {name: foreseen(each, features) for name, each in models.items()}
        best = min(models, key=lambda name: brier_score_loss(before.lost, apart[name]))
        alike = pd.Series(float(before.lost.mean()), (after or before).lost.index)
        if after is None:
            return Tried(models[best], apart[best], before.lost, alike, left_out, snapshot=True)
        # Who was lost then is mostly lost later, too: a model that has seen a customer would know this one again.
        later = after.features[list(features)]
        model = models[best]
        if later.index.intersection(features.index).empty:
            model = (model_of(best, features, seed).fit(features, before.lost),)
        if simple_way:
            alike = foreseen(_in_turn("logistic", features[[simple_way]], before.lost, seed), later[[simple_way]])
        return Tried(model, foreseen(model, later), after.lost, alike, left_out)


def quality(
    tried: Tried,
    seed: int = 1,
    name: str = "churn_quality",
    title: str = N_("How well it was foreseen who was lost"),
    about: str = N_("{n:count} customers from whom it was not learnt."),
) -> Result:
    """How well it was foreseen: ``measure, figure, figure_low, figure_high``, intervals over customers.

    ``auc``; ``brier_skill`` (part of the squared error of the simple way that is avoided); ``calibration_slope`` (1 if
    high probabilities are as much higher as they should be); ``calibration_error`` (mean distance of tenths).
    """
    table = pd.DataFrame(columns=["measure", "figure", "figure_low", "figure_high"])
    result = Result(name, table, Text(title), NOBODY, about=Text(about, {"n": len(tried.p)}))
    if not tried.models:
        return result
    rng = np.random.default_rng(seed)
    p, lost, simple = tried.p.to_numpy(), tried.lost.to_numpy(), tried.simple.to_numpy()
    drawn = (rng.integers(0, len(p), len(p)) for _ in range(RESAMPLES))
    again = pd.DataFrame([_measures(p[rows], lost[rows], simple[rows]) for rows in drawn])
    value = _measures(p, lost, simple)
    table = pd.DataFrame({"measure": list(value), "figure": list(value.values())})
    table["figure_low"], table["figure_high"] = (again[table["measure"]].quantile(q).to_numpy() for q in (0.025, 0.975))
    return replace(result, frame=table)


def gains(tried: Tried, measured: Result) -> Result:
    """Customers by tenth of their probability.

    ``risk_tenth, n`` (lost)``, base, share`` with interval``, expected_share``, the tenth most at risk first.
    It is claimed only if the probability did better than the simple way: days of silence, or everybody alike.
    """
    title = Text(N_("Customers who were lost, by how probable it had been"))
    about = Text(
        N_(
            "Tenths, most at risk first. Tried on {n:count} other customers of the snapshot: who resembles those who "
            "left."
        )
        if tried.snapshot
        else N_("Tenths, most at risk first. Learnt before a day, tried on {n:count} customers after a later one."),
        {"n": len(tried.p)},
    )
    table = tenths(tried, "risk_tenth")
    if not tried.models:
        return Result("churn_gains", table, title, ONE_MARGIN, about=about)
    skill = skill_of(measured)
    return Result("churn_gains", table, title, ONE_MARGIN, lambda frame: _gained(frame, tried, skill), 1, about)


def tenths(tried: Tried, called: str) -> pd.DataFrame:
    """Customers by tenth of their probability, highest first, `called` so; see `gains`."""
    names = [called, "n", "base", "share", "share_low", "share_high", "expected_share"]
    if not tried.models:
        return pd.DataFrame(columns=names)
    place = tried.p.rank(ascending=False, method="first")
    tenth = np.ceil(place / len(place) * TENTHS).astype(int).rename(called)
    grouped = pd.DataFrame({"lost": tried.lost, "p": tried.p}).groupby(tenth)
    table = grouped.agg(n=("lost", "sum"), base=("lost", "size"), expected_share=("p", "mean")).reset_index()
    return add_shares(table)[names]


def skill_of(measured: Result) -> tuple[float, float, float]:
    """Part of the squared error of the simple way that is avoided, with its interval; from `quality`."""
    row = measured.frame.set_index("measure").loc["brier_skill"]
    return float(row["figure"]), float(row["figure_low"]), float(row["figure_high"])


def holds(measured: Result) -> bool:
    """Whether the probability did certainly better than the simple way."""
    skill = measured.frame[measured.frame["measure"] == "brier_skill"]
    return bool((skill["figure_low"] > 0).any())


def facts(tried: Tried) -> dict[str, int]:
    """Customers on whom it was tried, and how many of them were lost."""
    return {"churn_tried": len(tried.lost), "churn_lost": int(tried.lost.sum())}


def now(tried: Tried, cases: Cases) -> pd.Series:
    """Probability of every customer who is there now; empty without a model.

    In a snapshot these are the ones who have not left, each with the probability from a model that has not seen them.
    """
    there = cases.features[~cases.lost] if len(cases.lost) else cases.features
    if not tried.models or not len(there):
        return pd.Series(dtype=float, name="p_churn")
    return foreseen(tried.models, there[list(tried.models[0].feature_names_in_)]).rename("p_churn")


def part_of(customer_no: Any, parts: int) -> Any:
    """Part of the customers that somebody belongs to, the same whenever and wherever it is asked.

    Multiples of the golden ratio lie evenly between 0 and 1, whatever order customers were numbered in.

    >>> part_of(np.arange(8), 5).tolist()
    [0, 3, 1, 4, 2, 0, 3, 1]
    """
    return np.floor(parts * (customer_no * GOLDEN % 1)).astype(int)


def foreseen(models: Sequence[Pipeline], features: pd.DataFrame) -> pd.Series:
    """Probability to be lost by ``customer_no``, each from the model that speaks for their part."""
    part = part_of(_numbers(features.index), len(models))
    p = pd.Series(np.nan, features.index)
    for one, model in enumerate(models):
        if (part == one).any():
            p[part == one] = model.predict_proba(features[part == one])[:, 1]
    return p


def limits(tried: Tried) -> list[Limit]:
    """That too few were lost, or that it is not known when."""
    if tried.models:
        return []
    return [Limit(N_("Who will be lost"), needs=N_("more customers who ordered before and stopped, or who left"))]


def told(tried: Tried) -> list[Text]:
    """A sentence for each column that told too much."""
    message = N_("“{name:label}” tells nearly by itself who was lost, so it was probably written down later: left out.")
    return [Text(message, {"name": name}) for name in tried.left_out]


def traits_of(profile: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Traits by ``customer_no``, as models take them."""
    return profile.set_index("customer_no")[[name for name in names if name in profile]]


def _changes(column: pd.Series) -> bool:
    return is_number(column) and column.name != AGE


def _drawn(cases: Cases, seed: int) -> Cases:
    """At most `MOST` of them, in their order."""
    if len(cases.lost) <= MOST:
        return cases
    rows = np.sort(np.random.default_rng(seed).choice(len(cases.lost), MOST, replace=False))
    return Cases(cases.features.iloc[rows], cases.lost.iloc[rows])


def model_of(name: str, features: pd.DataFrame, seed: int) -> Pipeline:
    """An untrained model of traits as they are, ``logistic`` or ``trees``; rare values are pooled."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    numbers = [column for column in features if is_number(features[column])]
    others = [column for column in features if column not in numbers]
    steps = [FunctionTransformer(_floats), SimpleImputer(strategy="median", add_indicator=True)]
    numeric = make_pipeline(*steps, *([StandardScaler()] if name == "logistic" else []))
    rare = max(FEW, int(np.ceil(RARE * len(features))))
    levels = make_pipeline(
        FunctionTransformer(_words), OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=rare)
    )
    columns = make_column_transformer((numeric, numbers), (levels, others), sparse_threshold=0)
    last = (
        LogisticRegression(max_iter=2000)
        if name == "logistic"
        else HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=150, random_state=seed)
    )
    return make_pipeline(columns, last)


def _floats(numbers: pd.DataFrame) -> np.ndarray:
    return numbers.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _words(values: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: values_of(values[name]).astype("object").fillna("") for name in values})


def _in_turn(name: str, features: pd.DataFrame, lost: pd.Series, seed: int) -> tuple[Pipeline, ...]:
    """A model for each part of the customers, learnt from the others; how traits are written is learnt once, of all."""
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    part = part_of(_numbers(features.index), FOLDS)
    columns, untrained = model_of(name, features, seed)
    written = columns.fit_transform(features)
    learnt = (clone(untrained).fit(written[part != one], lost[part != one]) for one in range(FOLDS))
    return tuple(make_pipeline(columns, model) for model in learnt)


def _numbers(index: pd.Index) -> np.ndarray:
    """Numbers of customers; of what has an id instead, its place: ids hang on the key of the pseudonyms."""
    return index.to_numpy() if is_number(index.to_series()) else np.arange(len(index))


def _alone(column: pd.Series, lost: pd.Series) -> np.ndarray:
    """How strongly a single column speaks for being lost, of each customer."""
    if is_number(column):
        return column.astype("Float64").fillna(column.astype("Float64").median()).to_numpy(dtype=float)
    values = values_of(column).astype("object").where(column.notna(), "").to_numpy()
    half = np.arange(len(lost)) % 2
    score = np.empty(len(lost))
    for one in (0, 1):
        seen, asked = half != one, half == one
        rates = lost[seen].astype(float).groupby(values[seen]).mean()
        score[asked] = pd.Series(values[asked]).map(rates).fillna(lost[seen].mean()).to_numpy()
    return score


def _measures(p: np.ndarray, lost: np.ndarray, simple: np.ndarray) -> dict[str, float]:
    from scipy.special import logit
    from sklearn.linear_model import LogisticRegression

    odds = logit(np.clip(p, 1e-6, 1 - 1e-6))[:, None]
    slope = LogisticRegression(C=np.inf).fit(odds, lost).coef_[0, 0] if lost.any() and not lost.all() else np.nan
    order = np.argsort(p, kind="stable")
    apart = [abs(p[part].mean() - lost[part].mean()) for part in np.array_split(order, TENTHS)]
    return {
        "auc": auc_interval(p, lost).value,
        "brier_skill": 1 - ((p - lost) ** 2).mean() / ((simple - lost) ** 2).mean(),
        "calibration_slope": float(slope),
        "calibration_error": float(np.mean(apart)),
    }


def _gained(table: pd.DataFrame, tried: Tried, skill: tuple[float, float, float]) -> list[Finding]:
    n, all_lost = len(tried.lost), float(tried.lost.mean())
    test = N_("Brier score against the simple way, bootstrap over customers")
    first = table.iloc[0]
    if skill[1] <= 0 or first["hidden"]:
        message = N_("Who will be lost was foreseen no better than by the days of silence alone.")
        alike = N_("Who left was told no better than by calling everybody alike.")
        said = alike if tried.snapshot else message
        return [Finding(said, {}, id="churn.nothing", n=n, interval=skill[1:], test=test, kind="nothing")]
    message = N_("Of the tenth most at risk {share:part} were lost, of all {all:part}.")
    snapshot = N_("Of the tenth most like those who left {share:part} had left, of all {all:part}.")
    values = {"share": float(first["share"]), "all": all_lost}
    effect = float(first["share"]) - all_lost
    return [
        Finding(
            snapshot if tried.snapshot else message,
            values,
            id="churn.tenth",
            n=n,
            interval=(float(first["share_low"]), float(first["share_high"])),
            test=test,
            effect=effect,
            reach=int(first["base"]),
        )
    ]
