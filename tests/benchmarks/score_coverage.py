"""How often the intervals of scores hold the truth, how often placebo events fool, and whether a planted one is found.

Run it with ``python tests/benchmarks/score_coverage.py``; ``--companies`` also makes ten demo companies.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from customer_profiles.analysis.feedback import events, metrics
from customer_profiles.stats.intervals import nps_interval, t_interval, wilson

SURVEYS = 1000
SIZES = (30, 100, 1000)

# Shares of promoters, passives and detractors: a usual survey, a very good one, a poor one, and one without passives.
MIXES = {"usual": (0.45, 0.30, 0.25), "good": (0.75, 0.20, 0.05), "poor": (0.15, 0.25, 0.60), "split": (0.5, 0.0, 0.5)}
SHARES = (0.05, 0.2, 0.5, 0.8)


def nps_coverage(mix: tuple[float, float, float], n: int, surveys: int = SURVEYS, seed: int = 1) -> float:
    """Share of surveys whose NPS interval holds the true score."""
    drawn = np.random.default_rng(seed).multinomial(n, mix, size=surveys)
    low, high = nps_interval(*drawn.T)
    return float(((low <= 100 * (mix[0] - mix[2])) & (100 * (mix[0] - mix[2]) <= high)).mean())


def share_coverage(share: float, n: int, surveys: int = SURVEYS, seed: int = 1) -> float:
    """Share of surveys whose Wilson interval holds the true share."""
    low, high = wilson(np.random.default_rng(seed).binomial(n, share, surveys), n)
    return float(((low <= share) & (share <= high)).mean())


def mean_coverage(mix: tuple[float, float, float], n: int, surveys: int = SURVEYS, seed: int = 1) -> float:
    """Share of surveys whose t interval of the mean holds the true mean; answers 9, 7 and 4."""
    drawn = np.random.default_rng(seed).choice([9.0, 7.0, 4.0], size=(surveys, n), p=mix)
    low, high = t_interval(drawn.mean(axis=1), drawn.std(axis=1, ddof=1), n)
    truth = float(np.dot(mix, [9.0, 7.0, 4.0]))
    return float(((low <= truth) & (truth <= high)).mean())


def false_alarms(series: int, answers: int = 800, memory: float = 0.0, seed: int = 1) -> float:
    """Share of two-year series without any effect in which some event is claimed.

    Parameters
    ----------
    series : int
        Simulated series; each has three scores and three events on random days.
    answers : int
        Answers to each score.
    memory : float
        Correlation of the mood of one week with that of the next; 0: no swings at all.
    """
    rng, alarms = np.random.default_rng(seed), 0
    for _ in range(series):
        mood = np.zeros(105)
        for week in range(1, 105):
            mood[week] = memory * mood[week - 1] + (0.4 * rng.standard_normal() if memory else 0)
        parts = []
        for metric in ("nps", "csat", "stars"):
            day = rng.integers(0, 731, answers)
            score = 7.5 + 2.2 * rng.standard_normal(answers) + mood[day // 7]
            at = pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D")
            parts.append(pd.DataFrame({"at": at, "metric": metric, "score": np.clip(score.round(), 0, 10)}))
        days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.choice(np.arange(90, 640), 3, False)), unit="D")
        calendar = pd.DataFrame({"at": days, "until": pd.NaT, "name": list("abc"), "kind": "launch"})
        calendar["until"] = pd.to_datetime(calendar["until"])
        alarms += bool(events.event_effects(events.with_all(pd.concat(parts)), calendar).frame["claim"].any())
    return alarms / series


def found_in_company(folder: Path, seed: int) -> tuple[list[str], list[str]]:
    """Scores that show the planted event of a demo company, and other events that are claimed."""
    from customer_profiles.demo import make_company
    from customer_profiles.ingest.config.dataset import load_dataset
    from customer_profiles.ingest.pipeline import collect
    from customer_profiles.tables import Tables

    dataset = load_dataset(make_company(folder, 2000, seed))
    tables = Tables(folder / "tables")
    collect(dataset, tables, dataset.as_of, b"a key for tests, 32 bytes long..")
    said = events.with_all(metrics.answers(tables.read("feedback")))
    claims = events.event_effects(said, tables.read("events")).frame.query("claim")
    planted = claims["event"] == "Warehouse move"
    return claims.loc[planted, "metric"].tolist(), claims.loc[~planted, "event"].tolist()


def main(arguments: list[str]) -> None:
    """Print every figure."""
    for n in SIZES:
        print(f"n = {n}: NPS", *(f"{name} {nps_coverage(mix, n):.3f}" for name, mix in MIXES.items()))
        print(f"n = {n}: share", *(f"{share:g} {share_coverage(share, n):.3f}" for share in SHARES))
        print(f"n = {n}: mean", *(f"{name} {mean_coverage(mix, n):.3f}" for name, mix in MIXES.items()))
    for memory in (0.0, 0.6):
        print(
            f"placebo events, memory {memory:g}: false alarms in {false_alarms(100, memory=memory):.3f} of 100 series"
        )
    if "--companies" in arguments:
        for seed in range(1, 11):
            with tempfile.TemporaryDirectory() as folder:
                found, wrong = found_in_company(Path(folder), seed)
            print(
                f"seed {seed}: planted event found by {', '.join(found) or 'none'}; others claimed: {wrong or 'none'}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
