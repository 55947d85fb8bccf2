"""Whether it can be told beforehand whom a contact moves: customers ranked by two models that have not seen them.

One model foresees what customers do who are contacted, the other what those do who are held back. The difference ranks
customers; whether the first of them are moved more than the last is read from what they did (Radcliffe 2007, Direct
Marketing Analytics Journal 1:14–21).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...messages import N_, Text
from ...results import Disclosure, Result
from ...stats.claims import Claims
from ...stats.comparisons import adjust, family_size, two_proportions
from ...stats.effect_sizes import from_shares
from ...stats.intervals import z_value
from ..prediction.churn import FOLDS, MIN_CASES, model_of, part_of
from .trials import ENDS, ORDER, PAST, RESPONSE, Trial, named

PARTS = 5
RESAMPLES = 200
INTERCEPT = 100.0
"""Scale of the constant, which the penalty is not meant for."""
BOTH_WAYS = 2**0.5
"""Customers teach each other: each pair of parts counts once in both directions, so where nothing can be told the error
is so many times that of a ranking given beforehand; elsewhere the interval is too wide rather than too narrow."""
QUALITY = ["campaign", "reaction", "n", "base", *(f"qini{end}" for end in ENDS), "p", "p_adjusted", "claim"]
FIFTHS = [
    *("campaign", "reaction", "uplift_fifth", "n", "base", "share", "n_rest", "base_rest", "share_rest"),
    *(f"brought{end}" for end in ENDS),
]


@dataclass(frozen=True)
class Ranked:
    """Customers of a trial, by how much the contact is expected to move them.

    Parameters
    ----------
    campaign, reaction : str
    rows : DataFrame
        One row per customer: ``held, did, place`` (by models that have not seen the customer; 1 where the contact is
        expected to move most).
    """

    campaign: str
    reaction: str
    rows: pd.DataFrame


def ranked(found: Iterable[Trial], checked: Result, traits: pd.DataFrame, seed: int = 1) -> list[Ranked]:
    """Customers of each trial whose groups were alike, ranked; those with too few reactions are left out.

    Parameters
    ----------
    found : iterable of Trial
    checked : Result
        From `trials.balance`.
    traits : DataFrame
        By ``customer_no``: what a contact cannot change. What customers bought before is added.
    seed : int
    """
    from threadpoolctl import threadpool_limits

    unlike, told = set(checked.frame.loc[checked.frame["claim"], "campaign"]), []
    for trial in found:
        reaction = next((name for name in (RESPONSE, ORDER) if name in trial.reactions), None)
        rows = trial.rows.set_index("customer_no").sort_index()
        known = traits.reindex(rows.index).join(rows.filter(PAST)).dropna(axis=1, how="all")
        if reaction is None or trial.campaign in unlike or not len(known.columns):
            continue
        held, did = rows["held"].astype(bool), rows[reaction].astype(bool)
        if pd.crosstab(held, did).reindex([False, True], axis=1, fill_value=0).min(axis=None) < MIN_CASES:
            continue
        with threadpool_limits(1):
            if_sent, if_not = (_foreseen(known, did[arm], seed) for arm in (~held, held))
        # Places among those whom the same model ranks: the level of a model must not favour its part of the customers.
        place = (if_sent - if_not).round(6).groupby(part_of(known.index.to_numpy(), FOLDS)).rank(pct=True)
        told.append(Ranked(trial.campaign, reaction, pd.DataFrame({"held": held, "did": did, "place": place})))
    return told


def quality(found: Iterable[Ranked], seed: int = 1) -> Result:
    """Qini coefficient of each campaign: how much more the ranking finds than chance.

    Returns
    -------
    Result
        ``campaign, reaction, n`` (who did)``, base, qini`` with interval (bootstrap over customers): customers moved
        beyond those moved by as many contacts at random, of 100, on average over all numbers of contacts. ``claim``
        where it is above 0; all campaigns one family.
    """
    rows = []
    for each in found:
        value, spread = _qini_and_spread(each.rows, seed)
        z = value / spread if spread > 0 else 0.0
        ends = (value, value - z_value() * spread, value + z_value() * spread)
        row = {"campaign": each.campaign, "reaction": each.reaction, "p": 2 * special.ndtr(-abs(z))}
        row |= {"n": int(each.rows["did"].sum()), "base": len(each.rows)} | dict(zip(QINI, ends, strict=True))
        rows.append(row)
    table = adjust(pd.DataFrame(rows, columns=QUALITY[:-2]))
    table["claim"] &= table["qini"].gt(0)
    return Result(
        "uplift_quality",
        table,
        Text(N_("Whether it can be told whom a campaign moves")),
        Disclosure(within=None),
        family=family_size(table),
        about=Text(
            N_("Qini coefficient: customers moved beyond those whom chance finds, of 100; 0: no more than chance.")
        ),
    )


def fifths(found: Iterable[Ranked], measured: Result) -> Result:
    """What a contact brings in each fifth of the customers, those first whom it is expected to move most.

    Returns
    -------
    Result
        `FIFTHS`; the campaign first of which it can best be told whom it moves.
    """
    parts = [_parts(each) for each in found]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=FIFTHS)
    of = measured.frame.set_index("campaign").reindex(table["campaign"])
    table = table.assign(p_adjusted=of["p_adjusted"].to_numpy(), claim=of["claim"].fillna(False).to_numpy(bool))
    table["claim"] &= table["uplift_fifth"] == 1
    table["last"] = table.groupby("campaign")["brought"].transform("last")
    order = of["qini"] / (of["qini_high"] - of["qini_low"])
    table = table.iloc[np.argsort(-order.to_numpy(float), kind="stable")].reset_index(drop=True)
    table["effect"] = from_shares(table["share"], table["share_rest"])
    return Result(
        "uplift_fifths",
        table,
        Text(N_("What a contact brings in each fifth of the customers")),
        Disclosure(within=("campaign",)),
        lambda frame: FOUND.tell(frame, measured.family),
        about=Text(
            N_(
                "Customers more of 100 contacted than of 100 held back, by fifths: first those whom the contact should "
                "move most, foreseen without them."
            )
        ),
        columns=FIFTHS,
    )


def unmoved(found: Iterable[Ranked], measured: Result) -> pd.Index:
    """Customers in the half whom a campaign moves least, where that can be told: numbers of customers."""
    sure = set(measured.frame.loc[measured.frame["claim"], "campaign"])
    least = [each.rows.index[each.rows["place"] <= 1 / 2] for each in found if each.campaign in sure]
    return least[0].append(least[1:]).unique() if least else pd.Index([])


def facts(measured: pd.DataFrame) -> dict[str, float]:
    """``qini_<campaign>`` with ``_low`` and ``_high``, of what a page shows of `quality`."""
    return {k: v for row in measured.itertuples() for k, v in named(f"qini_{row.campaign}", row, "qini").items()}


def qini(score: np.ndarray, did: np.ndarray, held: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Area between the curve of those moved, by how many are contacted, and the straight line of chance; of 100.

    Customers with the same score are contacted together.

    >>> score, held = np.repeat([1.0, 0.0], 4), np.tile([False, True], 4)
    >>> qini(score, did=(score == 1) & ~held, held=held)  # only the first half is moved
    12.5
    """
    weight = np.ones(len(score)) if weight is None else weight
    place = np.unique(-score, return_inverse=True)[1]
    return _area(place, did.astype(float), held.astype(float), weight)


QINI = QUALITY[4:7]


def _foreseen(known: pd.DataFrame, did: pd.Series, seed: int) -> pd.Series:
    """What every customer would do if they were like those of whom it is known, by models that have not seen them.

    Few traits move, so most are to have no weight: the penalty of a weight is the noise that chance gives the score of
    a trait that everybody has (as Belloni, Chernozhukov & Wei 2016, J. Business & Economic Statistics 34:606–619).
    """
    part, expected = part_of(known.index.to_numpy(), FOLDS), pd.Series(np.nan, known.index)
    columns, model = model_of("logistic", known, seed)
    written = columns.fit_transform(known)
    for one in range(FOLDS):
        learnt = did[part_of(did.index.to_numpy(), FOLDS) != one]
        noise = np.sqrt(len(learnt) * learnt.mean() * (1 - learnt.mean()))
        model.set_params(
            C=1 / noise,
            l1_ratio=1.0,
            solver="liblinear",
            intercept_scaling=INTERCEPT,
            tol=1e-8,  # so that ranks do not hang on the machine
            max_iter=10_000,
            random_state=seed,
        )
        model.fit(written[known.index.get_indexer(learnt.index)], learnt)
        expected[part == one] = model.predict_proba(written[part == one])[:, 1]
    return expected


def _area(place: np.ndarray, did: np.ndarray, held: np.ndarray, weight: np.ndarray) -> float:
    each = (weight * (1 - held), weight * held, weight * (1 - held) * did, weight * held * did)
    sent, kept, answers, anyway = (np.concatenate([[0], np.bincount(place, one).cumsum()]) for one in each)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.nan_to_num(answers - anyway * sent / kept, posinf=0, neginf=0) / sent[-1]
    contacted = (sent + kept) / (sent[-1] + kept[-1])
    return float(100 * (np.trapezoid(moved, contacted) - moved[-1] / 2))


def _qini_and_spread(rows: pd.DataFrame, seed: int) -> tuple[float, float]:
    """The coefficient, and its standard error by a bootstrap over customers."""
    rng = np.random.default_rng(seed)
    place = np.unique(-rows["place"].to_numpy(), return_inverse=True)[1]
    did, held = rows["did"].to_numpy(float), rows["held"].to_numpy(float)
    value = _area(place, did, held, np.ones(len(rows)))
    again = [_area(place, did, held, rng.poisson(1.0, len(rows))) for _ in range(RESAMPLES)]
    return value, BOTH_WAYS * float(np.std(again, ddof=1))


def _parts(each: Ranked) -> pd.DataFrame:
    """The fifths of one campaign; customers with the same score are in one."""
    share = each.rows["place"].rank(ascending=False, method="average", pct=True)
    part = np.ceil(share * PARTS).astype(int).rename("uplift_fifth")
    counts = each.rows.assign(not_held=~each.rows["held"]).groupby(part).apply(_counts).reset_index()
    found = two_proportions(*(counts[name] for name in ("n", "base", "n_rest", "base_rest")))
    for end, value in zip(ENDS, (found.value, found.low, found.high), strict=True):
        counts[f"brought{end}"] = 100 * value
    counts["share"], counts["share_rest"] = counts["n"] / counts["base"], counts["n_rest"] / counts["base_rest"]
    return counts.assign(campaign=each.campaign, reaction=each.reaction)[FIFTHS]


def _counts(rows: pd.DataFrame) -> pd.Series:
    sent, kept = rows.loc[~rows["held"], "did"], rows.loc[rows["held"], "did"]
    return pd.Series({"n": sent.sum(), "base": len(sent), "n_rest": kept.sum(), "base_rest": len(kept)}).astype(int)


def _message(row: Any) -> str:
    if row.reaction == RESPONSE:
        return N_(
            "It can be told beforehand whom campaign “{campaign:label}” moves: in the first fifth of the customers "
            "{brought:number} of 100 respond because of it, in the last {last:number}."
        )
    return N_(
        "It can be told beforehand whom campaign “{campaign:label}” moves: in the first fifth of the customers "
        "{brought:number} of 100 order because of it, in the last {last:number}."
    )


FOUND = Claims(
    "uplift",
    _message,
    {name: name for name in ("campaign", "brought", "last")},
    key=("campaign",),
    nothing=N_("A ranking of all customers by how much a campaign moves them is not certainly better than chance."),
    test=N_("two logistic regressions, cross-fitted; Qini coefficient, bootstrap over customers, Benjamini–Hochberg"),
    estimate="brought",
    reach="base",
    most=2,
)
