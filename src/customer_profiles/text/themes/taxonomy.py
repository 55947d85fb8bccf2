"""Themes that a person has named, merged or pinned, found again in new texts; and what is new beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ...messages import N_, Finding, Text
from ...results import OVERLAPPING, Result
from ...stats.claims import shown
from ..glossary import fold
from ..words import words

KEPT, RENAMED, MERGED = N_("kept"), N_("renamed"), N_("merged")
NEW, VANISHED = N_("new"), N_("vanished")

SPARE = 3  # groups looked for beyond the topics of the file, so that new ones do not hide in old ones
FITS = 0.35  # share of a group's texts with the phrases of one topic from which the group is that topic
LEAST = 10  # texts of a topic; with fewer it has vanished, or is not yet one
LARGE = 0.7  # of an average group: a group without known phrases that is smaller is no new topic
PHRASES = 12  # of each language by which a topic is found again

COLUMNS = ["theme", "status", "was", "n", "n_before"]


@dataclass(frozen=True)
class Topic:
    """A theme of the taxonomy.

    Parameters
    ----------
    name : str
        What reports call it.
    phrases : tuple of str
        Words or groups of words by which its texts are recognised, in any language.
    was : tuple of str
        Names of the themes of an earlier run that it stands for; empty if a person thought of it.
    pinned : bool
        Its texts are those with its phrases and those like them, whatever else they are about now; not pinned, it
        follows how customers write about it.
    n : int
        Texts it had in the run it was proposed by.
    """

    name: str
    phrases: tuple[str, ...]
    was: tuple[str, ...] = ()
    pinned: bool = False
    n: int = 0


def _change(topic: Topic) -> str:
    """What a person has done to a topic since a run proposed it."""
    if len(topic.was) > 1:
        return MERGED
    return RENAMED if topic.was and topic.was[0] != topic.name else KEPT


def votes(spelt: Sequence[Sequence[str]], topics: Sequence[Topic]) -> np.ndarray:
    """Topic whose phrases each text has most of, rarer phrases counting more; -1 where none or two alike.

    Parameters
    ----------
    spelt : sequence of lists of str
        Words of each text, as `theme_words.Words.spelt` returns them.
    topics : sequence of Topic
        In the order of the numbers returned.
    """
    wanted: dict[str, list[tuple[int, frozenset[str]]]] = defaultdict(list)
    for number, topic in enumerate(topics):
        for parts in {frozenset(fold(word) for word in words(phrase)) for phrase in topic.phrases}:
            if parts:
                wanted[min(parts)].append((number, parts))
    hits: dict[frozenset[str], list[int]] = defaultdict(list)
    topics_of: dict[frozenset[str], set[int]] = defaultdict(set)
    for number, found in enumerate(map(set, spelt)):
        for word in found & wanted.keys():
            for place, parts in wanted[word]:
                topics_of[parts].add(place)
                if parts <= found and (not hits[parts] or hits[parts][-1] != number):
                    hits[parts].append(number)
    score = np.zeros((len(spelt), max(len(topics), 1)))
    for parts, texts in sorted(hits.items(), key=lambda item: sorted(item[0])):
        for place in topics_of[parts]:
            score[texts, place] += np.log(1 + len(spelt) / max(len(texts), 1)) / len(topics_of[parts])
    ordered = np.sort(score, axis=1)
    second = ordered[:, -2] if score.shape[1] > 1 else np.zeros(len(score))
    clear = (ordered[:, -1] > 0) & (np.round(ordered[:, -1] - second, 9) > 0)
    return np.where(clear, score.argmax(axis=1), -1)


def start(divided: np.ndarray, voted: np.ndarray, topics: Sequence[Topic]) -> tuple[np.ndarray, list[Topic | None]]:
    """Where the mixture starts: texts with a topic's phrases, groups that are a topic's, and groups that are new.

    Parameters
    ----------
    divided : array of int
        Group of each text, -1 for none, found without the taxonomy.
    voted : array of int
        From `votes`.
    topics : sequence of Topic
        The taxonomy.

    Returns
    -------
    labels : array of int
        Where each text starts, -1 for nowhere.
    themes : list
        The topic of each label; None for a new one.
    """
    labels = voted.copy()
    found: list[Topic | None] = list(topics)
    for group in range(int(divided.max()) + 1):
        inside = divided == group
        counts = np.bincount(voted[inside & (voted >= 0)], minlength=max(len(topics), 1))
        rest = inside & (voted < 0)
        if counts.max() >= FITS * inside.sum():
            if not topics[int(counts.argmax())].pinned:
                labels[rest] = int(counts.argmax())
        elif rest.sum() >= LEAST and inside.sum() >= LARGE * np.bincount(divided[divided >= 0]).mean():
            labels[rest] = len(found)
            found.append(None)
    # A theme without texts would have the usual mix of words and draw all texts without a clue to itself.
    used = np.unique(labels[labels >= 0])
    renumbered = np.full(len(found) + 1, -1)
    renumbered[used] = np.arange(len(used))
    return renumbered[labels], [found[number] for number in used]


def changes(topics: Sequence[Topic], sizes: pd.Series, name: str = "taxonomy") -> Result:
    """What became of each topic of the file, and what is new; empty without a taxonomy.

    Parameters
    ----------
    topics : sequence of Topic
        The taxonomy.
    sizes : Series of int
        Texts of each theme found now, by name.
    name : str
        Of the result.

    Returns
    -------
    Result
        ``theme, status`` (kept, renamed, merged, new, vanished)``, was`` (earlier names)``, n`` (texts now)``,
        n_before`` (texts in the run that proposed it; missing for new ones): new ones first, then by size and name.
    """
    fresh = sizes[~sizes.index.isin([topic.name for topic in topics])] if topics else sizes.iloc[:0]
    rows = [(theme, NEW, "", int(n), pd.NA) for theme, n in fresh.items()]
    for topic in topics:
        n = int(sizes.get(topic.name, 0))
        rows.append((topic.name, _change(topic) if n >= LEAST else VANISHED, ", ".join(topic.was), n, topic.n or pd.NA))
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"n": "int64", "n_before": "Int64"})
    order = pd.DataFrame({"old": table["status"] != NEW, "n": -table["n"], "theme": table["theme"]})
    table = table.loc[order.sort_values(["old", "n", "theme"]).index].reset_index(drop=True)
    title = Text(N_("What became of the themes of topics.yaml"))
    return Result(name, table, title, OVERLAPPING, claims=partial(_claims, name=name))


def _claims(table: pd.DataFrame, name: str) -> list[Finding]:
    """New and vanished topics, or that there are none."""
    n = int(table["n"].sum())
    new = enumerate(shown(table[table["status"] == NEW]).itertuples(), start=1)
    gone = enumerate(table[table["status"] == VANISHED].itertuples(), start=1)
    found = [
        Finding(
            "New theme that topics.yaml does not have: “{theme:label}”, {n:count} texts.",
            {"theme": row.theme, "n": int(row.n)},
            id=f"{name}.new.{rank}",
            n=n,
            reach=int(row.n),
        )
        for rank, row in new
    ]
    found += [
        Finding(
            "The theme “{theme:label}” of topics.yaml has vanished: hardly any text is about it now.",
            {"theme": row.theme},
            id=f"{name}.vanished.{rank}",
            n=n,
        )
        for rank, row in gone
    ]
    if found or (table["status"].isin([NEW, VANISHED])).any():
        return found
    message = N_("All {n:count} themes of topics.yaml are still written about, and no new theme has appeared.")
    return [Finding(message, {"n": len(table)}, id=f"{name}.nothing", n=n, kind="nothing")]
