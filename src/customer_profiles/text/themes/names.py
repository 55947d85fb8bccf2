"""What a theme is called: the phrases that its texts share and the others lack, as customers spell them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd

from ..words import normalise, stop_words, words

NAME_TERMS, MOST_TERMS = 2, 4  # phrases in a name: as few as describe the theme
DESCRIBES = 0.40  # of a theme's texts have one of the phrases of its name
TERMS = 8  # phrases kept with a theme
STEM = 5  # words that share this many letters at the start count as one word in a name
MIN_SHARE = 0.05  # of a theme's texts: a phrase that fewer use does not describe it
BEYOND_CHANCE = 10.83  # likelihood ratio (Dunning 1993) of "no more frequent than elsewhere" at p = 0.001

# Words that may set a theme apart and yet say nothing of what it is about: figures, spans of time, adverbs, verbs of
# having and doing. (German, English, Portuguese.)
NO_NAMES = frozenset((files(__package__) / "no_names.txt").read_text(encoding="utf-8").split())

# Not to have received something is a subject, though neither word alone is one.
NEGATIONS = frozenset({"nicht", "keine", "kein", "keinen", "not", "no", "não", "nao", "nunca", "sem"})

# A word after one of these is mostly a noun; German nouns are told by their capital.
_BEFORE_NOUNS = {
    "en": "a an the my your our their his her this that these those no any of for with from in on",
    "pt": "o a os as um uma meu minha meus minhas do da dos das no na nos nas de ao sem com este esta",
}
BEFORE_NOUNS = {language: frozenset(listed.split()) for language, listed in _BEFORE_NOUNS.items()}
NO_NOUN = 0.35  # weight in a name of a word that is never used as a noun, where a noun has one

ANY_WORD = re.compile(r"[^\W\d_]+")  # also of one letter, as articles are: a, o
SENTENCE = re.compile(r"[.!?;:,()\n]+")


def phrases(text: str, language: str) -> set[str]:
    """Words and pairs of neighbouring words that carry a subject, in lower case.

    >>> sorted(phrases("Das Paket kam nicht. Service schlecht", "de"))
    ['paket', 'schlecht', 'service', 'service schlecht']
    """
    found: set[str] = set()
    for sentence in SENTENCE.split(normalise(text)):
        tokens = [word.lower() for word in words(sentence)]
        empty = stop_words(language) | NO_NAMES
        kept = [token if token not in empty else None for token in tokens]
        found.update(token for token in kept if token)
        found.update(f"{a} {b}" for a, b in pairwise(kept) if a and b)
        denied = ((a, b) for a, b in zip(tokens, kept[1:], strict=False) if b and a in NEGATIONS)
        found.update(f"{a} {b}" for a, b in denied)
    return found


def spelling(texts: Sequence[str]) -> dict[str, str]:
    """Most frequent spelling of every word in the texts, by its lower-case form; ties by the alphabet."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for text in texts:
        for word in words(normalise(text)):
            counts[word.lower()][word] += 1
    return {key: min(forms, key=lambda form: (-forms[form], form)) for key, forms in counts.items()}


def nouns(texts: Sequence[str], language: str) -> dict[str, float]:
    """How often each word is used as a noun, as a share of its uses; by its lower-case form.

    German: with a capital inside a sentence. English and Portuguese: after an article, a pronoun that owns or points,
    or a preposition. Other languages: no word is known.

    >>> nouns(["Leider ist das Paket kaputt"], "de")["paket"]
    1.0
    """
    uses: Counter[str] = Counter()
    noun: Counter[str] = Counter()
    before = BEFORE_NOUNS.get(language, frozenset())
    for text in texts:
        for sentence in SENTENCE.split(normalise(text)):
            for previous, word in pairwise(ANY_WORD.findall(sentence)):
                uses[word.lower()] += 1
                noun[word.lower()] += word[0].isupper() if language == "de" else previous.lower() in before
    known = language == "de" or bool(before)
    return {word: noun[word] / n for word, n in uses.items()} if known else {}


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
    as_noun = nouns(texts, language)
    result = {}
    for label in sorted({int(label) for label in labels if label >= 0}):
        size = int((np.asarray(labels) == label).sum())
        here = table.loc[table["label"] == label, "phrase"].value_counts()
        here = here[here >= MIN_SHARE * size]
        weight = here / size * np.log(here / size / (overall.reindex(here.index) / len(texts)))
        surprise = _likelihood_ratio(here.to_numpy(), size, overall.reindex(here.index).to_numpy(), len(texts))
        weight = weight[(weight > 0) & (surprise >= BEYOND_CHANCE)]
        weight = weight * [_naming(phrase, as_noun) for phrase in weight.index]
        ranked = sorted(weight.items(), key=lambda item: (-round(item[1], 9), item[0]))
        result[label] = [(" ".join(forms[word] for word in phrase.split()), float(w)) for phrase, w in ranked]
    return result


def _naming(phrase: str, as_noun: Mapping[str, float]) -> float:
    """How fit a phrase is for a name, from `NO_NOUN` to 1: as far as its best word is a noun."""
    if not as_noun:
        return 1.0
    if phrase.split()[0] in NEGATIONS:
        return 1.0
    return NO_NOUN + (1 - NO_NOUN) * min(1.0, 1.5 * max(as_noun.get(word, 0.0) for word in phrase.split()))


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


def met_by(chosen: Sequence[str], texts: pd.Series) -> float:
    """Share of texts in which at least one of the phrases stands as a whole word, in any case.

    >>> met_by(["App", "Kasse"], pd.Series(["die app stürzt ab", "An der Kasse", "ein Apparat"])).round(2)
    np.float64(0.67)
    """
    if not chosen or not len(texts):
        return 0.0
    words = "|".join(re.escape(normalise(phrase)) for phrase in chosen)
    return texts.map(normalise).str.contains(rf"\b(?:{words})\b", case=False).mean()


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
