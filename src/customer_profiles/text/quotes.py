"""A few comments in the customers' own words, chosen by a rule that leaves no choice, and without what names a person.

The rule is printed above them. It is the same for every topic: redact; leave out what is too short, too long or still
doubtful; share the places among the sentiments as the topic's comments are; of each sentiment, take those nearest to
the topic's centre, one for each customer.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..messages import N_, Limit, Text
from ..privacy.person_names import COMMON, Vocabulary
from ..privacy.redaction import PLACEHOLDER, doubtful, harmless, redact

PER_TOPIC = 3
SHORTEST, LONGEST = 40, 280  # characters of a quote: a sentence at least, and no story that only one person can tell
MOST_HIDDEN = 2  # placeholders in a quote: with more of them it is hard to read and easy to guess

COLUMNS = ("theme", "sentiment", "language", "quote")


def choose(
    texts: pd.DataFrame,
    assignments: pd.DataFrame,
    heard: pd.DataFrame | None = None,
    allowed: bool = False,
    per_topic: int = PER_TOPIC,
    min_customers: int = COMMON,
) -> pd.DataFrame:
    """Quotes of each topic.

    Parameters
    ----------
    texts : DataFrame
        ``row, customer_no, text, language``, as `discovery.texts_of` makes them. Texts of unknown customers are left
        out: nobody could object to their being shown.
    assignments : DataFrame
        ``row, customer_no, theme, weight`` of `discovery.find_themes`; a larger weight is nearer to the topic's centre.
    heard : DataFrame, optional
        ``row, sentiment``; without it all comments count as of one sentiment.
    allowed : bool
        Whether dataset.yaml allows quotes (``privacy: {quotes: true}``).
    per_topic : int
        Most quotes of a topic.
    min_customers : int
        Topics of fewer customers have no quotes, and a word that fewer use is doubtful; see `redaction.doubtful`.

    Returns
    -------
    DataFrame
        theme, sentiment (empty without `heard`), language, quote, n (customers of the topic): topics in alphabetical
        order, then by sentiment as often as it is heard, nearest first. Empty unless `allowed`.
    """
    nothing = pd.DataFrame(columns=[*COLUMNS, "n"])
    if not allowed or texts.empty or assignments.empty:
        return nothing
    about = assignments[["row", "theme", "weight"]].merge(texts[["row", "customer_no", "text", "language"]], on="row")
    about = about[about["customer_no"].notna()]
    tones = pd.Series("", index=about.index) if heard is None else about["row"].map(_sentiments(heard))
    about = about.assign(sentiment=tones.fillna("").astype("str"))
    known = {
        language: Vocabulary.of(part["text"], part["customer_no"], language, min_customers)
        for language, part in texts.groupby("language")
    }
    rows: list[tuple] = []
    used: set = set()
    for theme, part in about.groupby("theme", sort=True):
        customers = int(part["customer_no"].nunique())
        if customers < min_customers:
            continue
        for one in _nearest(part, _places(part["sentiment"].value_counts(), per_topic), known, used):
            rows.append((theme, one["sentiment"], one["language"], one["quote"], customers))
    return pd.DataFrame(rows, columns=[*COLUMNS, "n"]) if rows else nothing


def rule(min_customers: int = COMMON, per_topic: int = PER_TOPIC) -> Text:
    """How quotes were chosen, in a sentence for the reader."""
    return Text(
        N_(
            "Quotes are chosen by a fixed rule, not by hand: at most {most:count} for each topic, one for each "
            "customer, shared among the sentiments as the topic's comments are, those nearest to the centre of the "
            "topic. Names, addresses and numbers are replaced. Not shown is a comment with a word that fewer than "
            "{least:count} customers use and no dictionary holds, nor one of fewer than {short:count} or more than "
            "{long:count} characters."
        ),
        {"most": per_topic, "least": min_customers, "short": SHORTEST, "long": LONGEST},
    )


def off(allowed: bool = False) -> list[Text]:
    """That quotes are off, and how to allow them; nothing where they are allowed."""
    if allowed:
        return []
    message = N_("Comments are not quoted: dataset.yaml does not allow it. “privacy: {setting:label}” would.")
    return [Text(message, {"setting": "{quotes: true}"})]


def limits(quotes: pd.DataFrame, allowed: bool) -> list[Limit]:
    """That no comment passed the rule, where quotes are allowed."""
    if not allowed or len(quotes):
        return []
    return [Limit(N_("Comments in the customers' own words"), needs=N_("comments without anything personal in them"))]


def _sentiments(heard: pd.DataFrame) -> Mapping[object, str]:
    return heard.drop_duplicates("row").set_index("row")["sentiment"].astype("str").to_dict()


def _places(counts: pd.Series, places: int) -> dict[str, int]:
    """Places of each sentiment in proportion to its comments, by largest remainders (Hare and Niemeyer).

    >>> _places(pd.Series({"negative": 70, "positive": 20, "neutral": 10}), 3)
    {'negative': 2, 'positive': 1, 'neutral': 0}
    """
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    total = sum(n for _, n in ordered)
    whole = {name: n * places // total for name, n in ordered}
    rest = sorted(ordered, key=lambda entry: (-(entry[1] * places % total), -entry[1], entry[0]))
    for name, _ in rest[: places - sum(whole.values())]:
        whole[name] += 1
    return whole


def _nearest(part: pd.DataFrame, places: Mapping[str, int], known: Mapping[str, Vocabulary], used: set) -> list[dict]:
    """Showable comments nearest to the centre, for each sentiment as many as it has places."""
    ordered = part.sort_values(["weight", "row"], ascending=[False, True], kind="stable")
    chosen = []
    for sentiment, count in places.items():
        taken = 0
        for one in ordered[ordered["sentiment"] == sentiment].itertuples():
            if taken == count:
                break
            if one.customer_no in used:
                continue
            quote = shown(one.text, known[one.language])
            if quote:
                used.add(one.customer_no)
                taken += 1
                chosen.append({"sentiment": sentiment, "language": one.language, "quote": quote})
    return chosen


def shown(text: str, vocabulary: Vocabulary) -> str:
    """The redacted comment, empty if it must not be shown."""
    if not SHORTEST <= len(text) <= 2 * LONGEST:
        return ""
    quote = " ".join(redact(harmless(text), vocabulary=vocabulary).split())
    hidden = len(PLACEHOLDER.findall(quote))
    if not SHORTEST <= len(quote) <= LONGEST or hidden > MOST_HIDDEN or doubtful(quote, vocabulary):
        return ""
    return quote
