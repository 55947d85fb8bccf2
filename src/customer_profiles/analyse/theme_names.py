"""What a theme is called: the phrases that its texts share and the others lack, as customers spell them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from .text import normalise, stop_words, words

NAME_TERMS = 2  # phrases in a name
TERMS = 8  # phrases kept with a theme
STEM = 5  # words that share this many letters at the start count as one word in a name
MIN_SHARE = 0.05  # of a theme's texts: a phrase that fewer use does not describe it
BEYOND_CHANCE = 10.83  # likelihood ratio (Dunning 1993) of "no more frequent than elsewhere" at p = 0.001

SENTENCE = re.compile(r"[.!?;:,()\n]+")


def phrases(text: str, language: str) -> set[str]:
    """Words and pairs of neighbouring words that carry a subject, in lower case.

    >>> sorted(phrases("Das Paket kam nicht. Service schlecht", "de"))
    ['paket', 'schlecht', 'service', 'service schlecht']
    """
    found = set()
    for sentence in SENTENCE.split(normalise(text)):
        tokens = [word.lower() for word in words(sentence)]
        kept = [token if token not in stop_words(language) else None for token in tokens]
        found.update(token for token in kept if token)
        found.update(f"{a} {b}" for a, b in pairwise(kept) if a and b)
    return found


def spelling(texts: Sequence[str]) -> dict[str, str]:
    """Most frequent spelling of every word in the texts, by its lower-case form; ties by the alphabet."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for text in texts:
        for word in words(normalise(text)):
            counts[word.lower()][word] += 1
    return {key: min(forms, key=lambda form: (-forms[form], form)) for key, forms in counts.items()}


def distinctive(
    texts: Sequence[str], customers: Sequence[int], labels: np.ndarray, language: str, min_customers: int
) -> dict[int, list[tuple[str, float]]]:
    """Phrases of each theme with their weight, heaviest first.

    The weight is the share of the theme's texts with the phrase times the logarithm of how much more frequent it is
    there than in all texts: class-based TF-IDF on presence (Grootendorst 2022, "BERTopic"). Phrases that could be
    more frequent by chance are left out.

    Parameters
    ----------
    texts, customers, labels : sequences of the same length
        Labels below 0 belong to no theme but count in the comparison.
    language : str
        Code, for stop words.
    min_customers : int
        Phrases used by fewer different customers are left out: they could point to one of them.

    Returns
    -------
    dict of int to list of (str, float)
        In the most frequent spelling.
    """
    rows = [(i, phrase) for i, text in enumerate(texts) for phrase in sorted(phrases(text, language))]
    table = pd.DataFrame(rows, columns=["text", "phrase"])
    table["customer"] = np.asarray(customers)[table["text"]]
    table["label"] = np.asarray(labels)[table["text"]]
    people = table.groupby("phrase")["customer"].nunique()
    table = table[table["phrase"].map(people).ge(min_customers)]
    overall = table["phrase"].value_counts()
    forms = spelling(texts)
    result = {}
    for label in sorted({int(label) for label in labels if label >= 0}):
        size = int((np.asarray(labels) == label).sum())
        here = table.loc[table["label"] == label, "phrase"].value_counts()
        here = here[here >= MIN_SHARE * size]
        weight = here / size * np.log(here / size / (overall.reindex(here.index) / len(texts)))
        surprise = _likelihood_ratio(here.to_numpy(), size, overall.reindex(here.index).to_numpy(), len(texts))
        weight = weight[(weight > 0) & (surprise >= BEYOND_CHANCE)]
        ranked = sorted(weight.items(), key=lambda item: (-round(item[1], 9), item[0]))
        result[label] = [(" ".join(forms[word] for word in phrase.split()), float(w)) for phrase, w in ranked]
    return result


def pick(ranked: Sequence[tuple[str, float]], count: int) -> list[str]:
    """The heaviest phrases that do not repeat each other's words.

    >>> pick([("Paket", 2.0), ("mein Paket", 1.0), ("Pakete", 0.9), ("Zustellung", 0.8)], 2)
    ['Paket', 'Zustellung']
    """
    chosen: list[str] = []
    seen: set[str] = set()
    for phrase, _ in ranked:
        stems = {word.lower()[:STEM] for word in phrase.split()}
        if not stems & seen:
            chosen.append(phrase)
            seen |= stems
        if len(chosen) == count:
            break
    return chosen


def _likelihood_ratio(here: np.ndarray, size: int, overall: np.ndarray, total: int) -> np.ndarray:
    """Twice the log-likelihood gained by a rate of its own in the theme, against the rest of the texts."""
    there, rest = overall - here, total - size
    expected = size * overall / total
    gain = here * np.log(here / expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = gain + np.where(there > 0, there * np.log(there / (overall - expected)), 0.0)
        gain = gain + (size - here) * np.log(np.where(here < size, (size - here) / (size - expected), 1.0))
        others = (rest - there) * np.log(np.where(there < rest, (rest - there) / (rest - (overall - expected)), 1.0))
    return 2 * (gain + np.nan_to_num(others))
