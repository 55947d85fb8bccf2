"""What the customers say: tickets, survey answers, reviews."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import MINUTES_PER_DAY, choose, clock, some
from .plan import Plan
from .wording import Dice, Wording, misspell

FRAILTY = 3.0  # shape of the gamma that makes some customers complain more about everything
# Chance of a positive, neutral, negative comment after a low, middle and high score (each third of NPS's classes).
TONES = {"low": (0.05, 0.13, 0.82), "middle": (0.45, 0.40, 0.15), "high": (0.91, 0.06, 0.03)}
TONE_NAMES = ("positive", "neutral", "negative")
CATEGORIES = ("delivery", "returns", "product", "account", "other")
RESOLUTIONS = ("information", "replacement", "refund", "goodwill", "corrected")


def pain_rates(plan: Plan, people: pd.DataFrame) -> np.ndarray:
    """Expected tickets of each person about each theme, shape (people, themes)."""
    rates = np.empty((len(people), len(plan.pains)))
    for column, pain in enumerate(plan.pains.values()):
        hit = people[pain["attribute"]] == str(pain["value"]) if "attribute" in pain else False
        rates[:, column] = pain["rate"] * np.where(hit, pain.get("ratio", 1.0), 1.0)
    return rates


def tickets(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    """Service cases, by time.

    Returns
    -------
    DataFrame
        ``person``, ``minute``, ``closed`` (minute, -1: open), ``theme``, ``second_theme`` (empty: none),
        ``category`` (coarse, often wrong), ``channel``, ``reopened``, ``resolution``, ``english``, ``text``.
    """
    rates = pain_rates(plan, people)
    frailty = rng.gamma(FRAILTY, 1 / FRAILTY, len(people)) if plan.linked else np.ones(len(people))
    number = rng.poisson(rates * frailty[:, None])
    row, theme = np.divmod(np.repeat(np.arange(rates.size), number.ravel()), rates.shape[1])
    n, names = len(row), np.array(list(plan.pains), dtype=object)
    second = _second_themes(rng, rates[row], theme, plan["texts"]["second_theme"])
    cases = pd.DataFrame({"person": people["person"].to_numpy()[row], "theme": names[theme]})
    cases["second_theme"] = np.where(second >= 0, names[second], "")
    day = _days(rng, plan, people["signup"].to_numpy()[row].clip(0), cases["theme"])
    cases["minute"] = day * MINUTES_PER_DAY + clock(rng, n)
    hours = np.array([pain["hours"] for pain in plan.pains.values()])[theme]
    closed = cases["minute"] + (hours * rng.lognormal(0, 0.7, n) * 60).astype(int) + 5
    cases["closed"] = np.where((closed < plan.days * MINUTES_PER_DAY) & ~some(rng, n, 0.03), closed, -1)
    right = np.array([pain["category"] for pain in plan.pains.values()], dtype=object)[theme]
    cases["category"] = np.where(some(rng, n, plan["texts"]["wrong_category"]), choose(rng, CATEGORIES, n), right)
    cases["channel"] = choose(rng, ["mail", "chat", "phone"], n, [0.5, 0.3, 0.2])
    cases["reopened"] = rng.random(n) < np.array([pain["reopened"] for pain in plan.pains.values()])[theme]
    cases["resolution"] = np.where(cases["closed"] >= 0, choose(rng, RESOLUTIONS, n), "")
    cases["english"] = people["english"].to_numpy()[row]
    cases = cases.sort_values("minute", kind="stable", ignore_index=True)
    cases["text"] = _ticket_texts(rng, plan, cases)
    return cases


def answers(rng: np.random.Generator, plan: Plan, people: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Answers to the NPS survey and to the question after a service case, by time.

    Returns
    -------
    DataFrame
        ``person``, ``day``, ``metric`` (nps, csat), ``score``, ``anonymous``, ``tone``, ``theme``, ``english``,
        ``text`` (empty: no comment).
    """
    known = people["in_crm"].to_numpy()
    willing = people["segment"].map({name: s["answers"] for name, s in plan.segments.items()}).to_numpy()
    row = np.repeat(np.arange(len(people)), rng.poisson(plan["volumes"]["nps"] * willing * known))
    start = people["signup"].to_numpy()[row].clip(0)
    nps = pd.DataFrame({"row": row, "metric": "nps", "day": _days(rng, plan, start)})

    place = pd.Index(people["person"])
    asked = cases[cases["closed"] >= 0]
    row, day = place.get_indexer(asked["person"]), asked["closed"].to_numpy() // MINUTES_PER_DAY
    if not plan.linked:
        row, day = rng.permutation(len(people))[np.arange(len(row)) % len(people)], rng.permutation(day)
    answered = some(rng, len(row), plan["volumes"]["csat_after_ticket"]) & known[row]
    reopened = np.where(asked["reopened"], -1.5, 0.0)[answered] * plan.linked
    csat = pd.DataFrame({"row": row[answered], "metric": "csat", "day": day[answered]})

    given = pd.concat([nps, csat], ignore_index=True)
    felt = _felt(rng, plan, people, cases, given) + np.concatenate([np.zeros(len(nps)), reopened])
    return _put_in_words(rng, plan, people, cases, given, felt)


def reviews(rng: np.random.Generator, plan: Plan, people: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Reviews with one to five stars of people with a shop account; columns as in `answers`."""
    chances = plan["volumes"]["reviews"] / plan["sources"]["shop"]
    row = np.repeat(np.arange(len(people)), rng.poisson(chances * people["in_shop"].to_numpy()))
    start = people["signup"].to_numpy()[row].clip(0)
    given = pd.DataFrame({"row": row, "metric": "stars", "day": _days(rng, plan, start)})
    felt = _felt(rng, plan, people, cases, given) + rng.normal(0.3, 1.2, len(given))
    return _put_in_words(rng, plan, people, cases, given, felt)


def _days(rng: np.random.Generator, plan: Plan, start: np.ndarray, theme: pd.Series | None = None) -> np.ndarray:
    """Days spread evenly from `start` on, denser after an event for the theme that it makes more frequent."""
    u, end = rng.random(len(start)), plan.days
    day = start + u * (end - start)
    for event in plan.events:
        if theme is not None and "theme" in event:
            turn = np.maximum(start, plan.day(event["at"]))
            before, after = turn - start, (end - turn) * event["times"]
            mass = u * (before + after)
            denser = np.where(mass < before, start + mass, turn + (mass - before) / event["times"])
            day = np.where(theme == event["theme"], denser, day)
    return np.minimum(day.astype(int), end - 1)


def _second_themes(rng: np.random.Generator, rates: np.ndarray, theme: np.ndarray, share: float) -> np.ndarray:
    """Another theme for a share of the tickets, by the same person's rates; -1 for the others."""
    rates = rates.copy()
    rates[np.arange(len(theme)), theme] = 0
    limits = rates.cumsum(axis=1)
    second = (rng.random(len(theme))[:, None] * limits[:, -1:] >= limits).sum(axis=1)
    return np.where(some(rng, len(theme), share), second, -1)


def _ticket_texts(rng: np.random.Generator, plan: Plan, cases: pd.DataFrame) -> list[str]:
    dice, words = Dice(rng), (Wording("de", plan.folder), Wording("en", plan.folder))
    texts = []
    for theme, second, english in zip(cases["theme"], cases["second_theme"], cases["english"], strict=True):
        text = words[english].ticket(dice, [theme, second] if second else [theme])
        texts.append(misspell(dice, text) if dice.chance(plan["texts"]["misspelt"]) else text)
    return texts


def _felt(
    rng: np.random.Generator, plan: Plan, people: pd.DataFrame, cases: pd.DataFrame, given: pd.DataFrame
) -> np.ndarray:
    """What each answer would be on an endless scale around 0–10: person, pains, events and chance."""
    score, row, day = plan["score"], given["row"].to_numpy(), given["day"].to_numpy()
    mood = people["segment"].map({name: numbers["mood"] for name, numbers in plan.segments.items()}).to_numpy()
    person = score["start"] + mood + rng.normal(0, score["person"], len(people))
    effects = pd.Series({name: pain["effect"] for name, pain in plan.pains.items()})
    suffered = pd.concat(
        [cases[["person", "theme"]], cases[["person", "second_theme"]].set_axis(["person", "theme"], axis=1)]
    )
    suffered = suffered[suffered["theme"] != ""].drop_duplicates()
    cost = suffered["theme"].map(effects).groupby(suffered["person"]).sum()
    felt = (person + cost.reindex(people["person"]).fillna(0).to_numpy())[row]
    for event in plan.events:
        felt = felt + event["effect"] * (day >= plan.day(event["at"]))
    return felt + rng.normal(0, score["answer"], len(given))


def _put_in_words(
    rng, plan: Plan, people: pd.DataFrame, cases: pd.DataFrame, given: pd.DataFrame, felt: np.ndarray
) -> pd.DataFrame:
    """Round what was felt to the scale of each question and add a comment to most answers."""
    row = given["row"].to_numpy()
    answer = pd.DataFrame({"person": people["person"].to_numpy()[row], "day": given["day"], "metric": given["metric"]})
    on_five = np.clip(np.rint(1 + 0.4 * felt), 1, 5)
    answer["score"] = np.where(answer["metric"] == "nps", np.clip(np.rint(felt), 0, 10), on_five).astype(int)
    answer["anonymous"] = some(rng, len(answer), plan["volumes"]["anonymous_answers"])
    answer["english"] = people["english"].to_numpy()[row]
    answer["tone"] = _tones(rng, plan, answer)
    answer["theme"] = _complaints(rng, plan, cases, answer)
    comments = plan["texts"]["comment"]
    written = rng.random(len(answer)) < answer["metric"].map(comments).to_numpy()
    dice, words = Dice(rng), (Wording("de", plan.folder), Wording("en", plan.folder))
    about = answer["metric"].map({"nps": "shop", "csat": "service", "stars": "product"})
    texts = []
    for tone, theme, english, subject, write in zip(
        answer["tone"], answer["theme"], answer["english"], about, written, strict=True
    ):
        text = words[english].comment(dice, tone, theme, subject) if write else ""
        texts.append(misspell(dice, text) if dice.chance(plan["texts"]["misspelt"]) else text)
    answer["text"] = texts
    answer.loc[~written, ["tone", "theme"]] = ""
    answer.loc[answer["tone"] != "negative", "theme"] = ""
    return answer.sort_values("day", kind="stable", ignore_index=True)


def _tones(rng: np.random.Generator, plan: Plan, answer: pd.DataFrame) -> np.ndarray:
    """Tone of each comment: by the score, or by nothing in a null company."""
    if not plan.linked:
        return choose(rng, TONE_NAMES, len(answer), (0.5, 0.17, 0.33))
    nps, score = (answer["metric"] == "nps").to_numpy(), answer["score"].to_numpy()
    high, low = np.where(nps, score >= 9, score == 5), np.where(nps, score <= 6, score <= 3)
    chances = np.where(high[:, None], TONES["high"], np.where(low[:, None], TONES["low"], TONES["middle"]))
    return np.array(TONE_NAMES, dtype=object)[
        (rng.random(len(score))[:, None] >= chances.cumsum(axis=1)[:, :2]).sum(axis=1)
    ]


def _complaints(rng: np.random.Generator, plan: Plan, cases: pd.DataFrame, answer: pd.DataFrame) -> np.ndarray:
    """What each comment would complain about: the person's own pain, the last event, or anything."""
    names = list(plan.pains)
    theme = choose(rng, names, len(answer), [pain["rate"] for pain in plan.pains.values()])
    if not plan.linked:
        return theme
    of_product = some(rng, len(answer), 0.7) & (answer["metric"] == "stars").to_numpy()
    theme[of_product] = choose(rng, ["durability", "sizing"], of_product.sum())
    for event in plan.events:
        if "theme" in event:
            late = (answer["day"] >= plan.day(event["at"])).to_numpy() & some(rng, len(answer), 0.5)
            theme[late] = event["theme"]
    own = cases.drop_duplicates("person").set_index("person")["theme"].reindex(answer["person"])
    return np.where(own.notna().to_numpy() & some(rng, len(answer), 0.7), own, theme)
