"""What texts are about: themes with readable names, the same for the same input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from ...codes import MIXED, OTHER, is_mixed
from ...messages import N_, Finding, Limit, Text
from ...results import NOBODY, Disclosure, Result
from ...stats.claims import shown
from ...stats.intervals import add_shares
from ..languages import LANGUAGES, detect
from ..words import NoWords, filled, impersonal
from .model import Encode, TextModel
from .names import DESCRIBES, MOST_TERMS, NAME_TERMS, TERMS, distinctive, met_by, pick
from .taxonomy import PHRASES, SPARE, Topic, changes, start, votes

ENOUGH = 60  # texts from which themes are looked for
MIN_THEME = 10  # texts in a theme on average
MIN_THEMES = 4  # fewer say nothing: the most stable division of anything is into two
TOLERANCE = 0.2  # stability given up for more themes: one split in two is easier to use than two in one
MIN_CUSTOMERS = 10  # different customers who used a phrase before it is shown
ABOUT = 0.35  # probability from which a text is about a theme; at most two can reach it
IN_NAME = 0.10  # share of a theme's texts in a language from which the name has phrases of that language

BY_WORDS = Text(N_("Texts are told apart by their words and groups of letters; no language model is involved."))
BY_ENCODER = Text(N_("Texts are told apart by the sentence encoder that dataset.yaml names, and by their words."))

NEEDS = N_("texts of customers: service tickets, comments or reviews")

Ranked = dict[int, dict[str, list[tuple[str, float]]]]  # theme → language → phrases with weights

COLUMNS = ["theme", "language", "terms", "n", "base", "share", "share_low", "share_high", "named_share", "customers"]


@dataclass(frozen=True)
class Kind:
    """Whose themes they are: what their tables are called, and what was counted.

    Parameters
    ----------
    themes, stability, changes : str
        Names of the results.
    title : Text
        Of the themes.
    about : str
        What the shares are of, with ``{n:count}``.
    needs : str
        Table of the contract that holds the texts.
    """

    themes: str
    stability: str
    changes: str
    title: Text
    about: str
    needs: str


TICKETS = Kind(
    "themes",
    "theme_stability",
    "taxonomy",
    Text(N_("Themes, with the phrases that tell them apart")),
    N_("Share of {n:count} tickets with text; a text about two themes counts for both."),
    "tickets",
)
COMMENTS = Kind(
    "comment_themes",
    "comment_stability",
    "comment_taxonomy",
    Text(N_("Themes of the comments, with the phrases that tell them apart")),
    N_("Share of {n:count} comments with text; a text about two themes counts for both."),
    "feedback",
)


@dataclass(frozen=True)
class Themes:
    """Themes of a set of texts.

    Parameters
    ----------
    themes : Result
        ``theme`` (its name, unique)``, language`` ("de+en" for a theme in both)``, terms, n, base, share`` with
        interval``, customers``; largest first, then by name, `OTHER` last. A text about two themes counts for both, so
        shares may add to more than one.
    assignments : DataFrame
        ``row, customer_no, theme, weight`` (its probability): one or two lines for each text with words.
    stability : Result
        ``k, stability`` (mean adjusted Rand index of random parts of the texts)``, chosen``.
    changes : Result
        What became of the topics of the taxonomy, see `taxonomy.changes`; empty without one.
    method : Text
        What told the texts apart.
    topics : tuple of Topic
        The taxonomy for the next run: that of this run, and the themes found beside it.
    """

    themes: Result
    assignments: pd.DataFrame
    stability: Result
    changes: Result
    method: Text = field(default_factory=lambda: BY_WORDS)
    topics: tuple[Topic, ...] = ()


def texts_of(table: pd.DataFrame, languages: Sequence[str] = LANGUAGES) -> pd.DataFrame:
    """Texts of a table of tickets or feedback, as `find_themes` reads them.

    Parameters
    ----------
    table : DataFrame
        With ``customer_no, text`` and, if known, ``language`` and ``category``; its index becomes ``row``.
    languages : sequence of str
        Codes to choose from where the source does not name the language.

    Returns
    -------
    DataFrame
        ``row, customer_no, text, language`` and ``category`` if there is one; texts without a word left out.
    """
    texts = table[filled(table["text"])]
    named = texts["language"] if "language" in texts else pd.Series(None, index=texts.index, dtype="object")
    result = pd.DataFrame({"row": texts.index, "customer_no": texts["customer_no"], "text": texts["text"]})
    result["language"] = named.astype("object").where(named.notna(), detect(texts["text"], languages)).astype("str")
    if "category" in texts and texts["category"].notna().any():
        result["category"] = texts["category"]
    return result.reset_index(drop=True)


def find_themes(
    texts: pd.DataFrame,
    max_themes: int = 12,
    seed: int = 1,
    min_customers: int = MIN_CUSTOMERS,
    taxonomy: Sequence[Topic] | None = None,
    encode: Encode | None = None,
    number: int | None = None,
    kind: Kind = TICKETS,
    language: str = "",
) -> Themes:
    """Group texts by what they are about.

    Their number is the largest on which random parts of the texts agree about as well as on any. The method is that
    of `theme_model`. With a taxonomy, its topics are found again by their phrases, and groups of texts that have
    the phrases of none are themes of their own.

    Parameters
    ----------
    texts : DataFrame
        ``row`` (unique key)``, customer_no`` (may be missing)``, text, language``; optionally ``category``, under which
        the company filed the text.
    max_themes : int
        Largest number of themes.
    seed : int
        Of resamples and starts.
    min_customers : int
        Phrases used by fewer customers never show.
    taxonomy : sequence of Topic, optional
        Themes that a person has named, with different names.
    encode : callable, optional
        A sentence encoder: list of texts to one point each, shape (texts, dimensions).
    number : int, optional
        Number of themes, where it is known.
    kind : Kind
        `TICKETS` or `COMMENTS`.
    language : str
        Of the names, where a theme has enough texts in it; otherwise that of most of its texts.

    Returns
    -------
    Themes
        Empty results if there are fewer than `ENOUGH` texts with words, or no word tells them apart.
    """
    # Threads can only be limited in libraries that are already loaded.
    import sklearn.cluster  # noqa: F401
    from threadpoolctl import threadpool_limits

    texts = texts[filled(texts["text"])].reset_index(drop=True)
    topics = list(taxonomy or ())
    nothing = _empty(kind)
    if len(texts) < ENOUGH:
        return nothing
    texts["text"] = [impersonal(text) for text in texts["text"]]
    sizes = _sizes(len(texts), max_themes) if number is None else [number]
    if topics:
        sizes = [min(len(topics) + SPARE, len(texts) // MIN_THEME)]
    with threadpool_limits(1):
        try:
            model = TextModel(texts["text"], texts["language"], texts.get("category"), seed, max(sizes), encode)
        except NoWords:
            return nothing
        curve = model.stability(sorted({min(size, model.most) for size in sizes}))
        stable = curve["stability"] >= curve["stability"].max() - TOLERANCE
        curve["chosen"] = curve["k"] == curve.loc[stable, "k"].max()
        labels = model.divide(int(curve.loc[curve["chosen"], "k"].iloc[0]))
        known: list[Topic | None] = []
        if topics:
            labels, known = start(labels, votes(model.spelt, topics), topics)
        fixed = np.array([topic is not None and topic.pinned for topic in known]) if known else None
        share = model.mixture(labels, fixed)
    most = np.where(share.max(axis=1) >= ABOUT, share.argmax(axis=1), -1)
    ranked = _phrases(texts, most, min_customers)
    spoken = {theme: language if language in found else next(iter(found)) for theme, found in ranked.items()}
    written = {
        theme: texts.loc[(most == theme) & (texts["language"] == code), "text"] for theme, code in spoken.items()
    }
    phrases = {theme: ranked[theme][code] for theme, code in spoken.items()}
    names, covered = _names(phrases, written, share, known or [None] * share.shape[1], language)
    text, theme = np.nonzero(share >= ABOUT)
    about = pd.DataFrame({"text": text, "theme": [names[k] for k in theme], "weight": share[text, theme]})
    unclear = np.setdiff1d(np.arange(len(texts)), text)
    other = pd.DataFrame({"text": unclear, "theme": OTHER, "weight": 1.0})
    # Themes that no phrase sets apart have no name and count as other: two of them in one text are one line.
    about = pd.concat([about, other] if len(other) else [about]).drop_duplicates(["text", "theme"])
    about = about.sort_values(["text", "weight", "theme"], ascending=[True, False, True], ignore_index=True)
    assignments = texts.loc[about["text"], ["row", "customer_no"]].reset_index(drop=True)
    assignments = assignments.assign(theme=about["theme"], weight=about["weight"])
    found = _table(assignments, len(texts), names, ranked, covered)
    sizes_now = found.loc[found["theme"] != OTHER].set_index("theme")["n"]
    about = Text(kind.about, {"n": len(texts)})
    claims = partial(_claims, name=kind.themes)
    return Themes(
        replace(nothing.themes, frame=found, about=about, claims=claims),
        assignments,
        replace(nothing.stability, frame=curve),
        changes(topics, sizes_now, kind.changes),
        BY_WORDS if encode is None else BY_ENCODER,
        _proposed(topics, sizes_now, names, ranked),
    )


LARGEST = N_(
    "The most frequent theme is “{theme:label}”: it comes up in {share:share} of the texts ({low:share} to "
    "{high:share}, n = {n:count})."
)
LARGEST_CLEAR = N_(
    "The most frequent clear theme is “{theme:label}”: it comes up in {share:share} of the texts ({low:share} to "
    "{high:share}, n = {n:count})."
)
"""Where the most frequent one is mixed, so that its name would say little."""


def available(texts: pd.DataFrame) -> bool:
    """Whether there are enough texts."""
    return int(filled(texts["text"]).sum()) >= ENOUGH


def limits(texts: pd.DataFrame) -> list[Limit]:
    """What is missing for themes."""
    return [] if available(texts) else [Limit(N_("What customers write about"), needs=NEEDS)]


def _claims(table: pd.DataFrame, name: str) -> list[Finding]:
    """The largest theme that may be shown, and how many texts fit none."""
    themes = table[table["theme"] != OTHER]
    if themes.empty:
        return []
    base = int(themes["base"].iloc[0])
    found = [
        Finding(
            LARGEST if top.theme == themes["theme"].iloc[0] else LARGEST_CLEAR,
            {"theme": top.theme, "share": top.share, "low": top.share_low, "high": top.share_high, "n": top.n},
            id=f"{name}.largest",
            n=base,
            interval=(top.share_low, top.share_high),
            test=N_("Wilson interval"),
            effect=top.share,
            reach=top.customers,
        )
        for top in shown(themes[~themes["theme"].map(is_mixed)]).head(1).itertuples()
    ]
    # A text is either of themes or of none, so those of none are counted once.
    unclear = int(table.loc[table["theme"] == OTHER, "n"].sum())
    if round(unclear / base, 2) == 0:  # that all of them fit is no news
        return found
    return [
        *found,
        Finding(
            "{assigned:share} of {n:count} texts fit one of {k:count} themes; the rest is counted as “Other”.",
            {"assigned": 1 - unclear / base, "n": base, "k": len(themes)},
            id=f"{name}.assigned",
            n=base,
            test=N_("mixture of multinomials started from groups of texts"),
        ),
    ]


def _sizes(texts: int, max_themes: int) -> range:
    """Numbers of themes to try."""
    largest = min(max_themes, texts // MIN_THEME)
    return range(min(MIN_THEMES, largest), largest + 1)


def _phrases(texts: pd.DataFrame, labels: np.ndarray, min_customers: int) -> Ranked:
    """Distinctive phrases of each theme in each language."""
    ranked: Ranked = {}
    for language, part in sorted(texts.groupby("language")):
        # Texts of unknown customers count as one person together.
        people = part["customer_no"].astype("Float64").fillna(-1).to_numpy(dtype=np.int64)
        for theme, phrases in distinctive(
            part["text"].tolist(), people, labels[part.index], language, min_customers
        ).items():
            share = float((labels[part.index] == theme).sum() / (labels == theme).sum())
            if share >= IN_NAME and phrases:
                ranked.setdefault(theme, {})[language] = phrases
    return {theme: _largest_first(languages, texts, labels == theme) for theme, languages in ranked.items()}


def _largest_first(
    languages: Mapping[str, list[tuple[str, float]]], texts: pd.DataFrame, here: np.ndarray
) -> dict[str, list[tuple[str, float]]]:
    counts = texts.loc[here, "language"].value_counts()
    return {code: languages[code] for code in sorted(languages, key=lambda code: (-int(counts.get(code, 0)), code))}


def _names(
    ranked: Mapping[int, Sequence[tuple[str, float]]],
    texts: Mapping[int, pd.Series],
    share: np.ndarray,
    known: Sequence[Topic | None],
    language: str = "",
) -> tuple[list[str], dict[str, float]]:
    """A unique name for each theme, and the share of its texts that have a phrase of it.

    The name is a person's, else from the largest theme down as many phrases as it takes to meet `DESCRIBES` of the
    texts; where `MOST_TERMS` do not, it says that the theme is mixed. A theme without any phrase is `OTHER`.
    """
    names = [topic.name if topic else OTHER for topic in known]
    covered: dict[str, float] = {}
    taken = {OTHER, *names}
    fresh = [theme for theme in ranked if known[theme] is None]
    for theme in sorted(fresh, key=lambda theme: (-share[:, theme].sum(), theme)):
        for count in range(NAME_TERMS, MOST_TERMS + 1):
            chosen = pick(ranked[theme], count)
            name, met = ", ".join(chosen), met_by(chosen, texts[theme])
            if met >= DESCRIBES and name not in taken:
                break
        else:
            chosen = pick(ranked[theme], NAME_TERMS)
            met = met_by(chosen, texts[theme])
            name = MIXED.get(language, MIXED["en"]).format(", ".join(chosen))
            name = f"{name} ({theme + 1})" if name in taken else name
        taken.add(name)
        names[theme], covered[name] = name, met
    return names, covered


def _proposed(topics: Sequence[Topic], sizes: pd.Series, names: Sequence[str], ranked: Ranked) -> tuple[Topic, ...]:
    """The taxonomy with the sizes of today, then what is new, from the largest down."""
    old = [
        Topic(topic.name, tuple(topic.phrases), (topic.name,), topic.pinned, int(sizes.get(topic.name, 0)))
        for topic in topics
    ]
    of_name = {name: ranked.get(theme, {}) for theme, name in enumerate(names)}
    new = [name for name in sizes.index if name not in {topic.name for topic in topics}]
    return (
        *old,
        *(
            Topic(
                name,
                tuple(dict.fromkeys(term for terms in of_name[name].values() for term, _ in terms[:PHRASES])),
                (name,),
                n=int(sizes[name]),
            )
            for name in new
        ),
    )


def _table(
    assignments: pd.DataFrame, base: int, names: Sequence[str], ranked: Ranked, covered: Mapping[str, float]
) -> pd.DataFrame:
    table = assignments.groupby("theme").agg(n=("row", "size"), customers=("customer_no", "nunique")).reset_index()
    of_name = {name: ranked.get(theme, {}) for theme, name in enumerate(names) if name != OTHER}
    table["language"] = ["+".join(sorted(of_name.get(name, {}))) for name in table["theme"]]
    table["terms"] = [
        ", ".join(term for phrases in of_name.get(name, {}).values() for term in pick(phrases, TERMS))
        for name in table["theme"]
    ]
    last = (table["theme"] == OTHER).rename("last")
    table = pd.concat([table, last], axis=1).sort_values(
        ["last", "n", "theme"], ascending=[True, False, True], kind="stable", ignore_index=True
    )
    table = add_shares(table.assign(base=base, named_share=table["theme"].map(covered).astype(float)))
    return table[COLUMNS]


def _empty(kind: Kind) -> Themes:
    curve = Text(N_("How well random parts of the texts agree on the themes"))
    return Themes(
        # A customer may write about several themes, and so is counted in several rows.
        Result(
            kind.themes,
            pd.DataFrame(columns=COLUMNS),
            kind.title,
            Disclosure("customers", within=None),
            needs=kind.needs,
        ),
        pd.DataFrame(columns=["row", "customer_no", "theme", "weight"]),
        Result(kind.stability, pd.DataFrame(columns=["k", "stability", "chosen"]), curve, NOBODY),
        changes((), pd.Series(dtype=int), kind.changes),
    )
