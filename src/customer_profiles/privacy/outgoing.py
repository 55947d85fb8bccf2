"""Personal data in what leaves the house: names, ids and numbers found in a page, a sheet or a log before it does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from ..identity.pseudonyms import by_words

# What must not stand in anything that leaves the house, whoever it belongs to.
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
PHONE = re.compile(r"(?<![\w.,:/-])(?:\+|00|0(?=[1-9]))\d[\d ()/-]{6,18}\d(?![\w]|[.,:]\d)")
PHONE_DIGITS = range(8, 16)  # with the country's code, as ITU-T E.164 allows at most 15
LONGEST_NAME = 4  # words of a name or a street that are looked up together
# Shorter words and numbers coincide with counts and ordinary words on any page.
SHORTEST_WORD, SHORTEST_NUMBER = 4, 7


def scan(text: str, identifiers: Mapping[str, str] | AbstractSet[str], fingerprint: Callable[[str], str]) -> list[str]:
    """Kinds of personal data found in a page, a sheet or a log.

    Parameters
    ----------
    text : str
        Plain text or HTML; embedded images, styles and tags are left out.
    identifiers : mapping or set of str
        Fingerprints of all names, addresses and ids that the sources hold, if a mapping with the kind of each.
    fingerprint : callable
        Turns a text into its fingerprint, as it was done for `identifiers`.

    Returns
    -------
    list of str
        Sorted kinds, never the values; empty if the text is clean.

    Examples
    --------
    >>> scan("<p>write to anna@example.org</p>", set(), str)
    ['e-mail']
    """
    plain = _plain(text)
    kinds = identifiers if isinstance(identifiers, Mapping) else dict.fromkeys(identifiers, "identifier")
    phrases = set(_phrases(plain))
    found = {kinds[mark] for phrase in phrases | set(map(by_words, phrases)) if (mark := fingerprint(phrase)) in kinds}
    if EMAIL.search(plain):
        found.add("e-mail")
    if any(_is_iban(match[0]) for match in IBAN.finditer(plain)):
        found.add("IBAN")
    if any(sum(c.isdigit() for c in match[0]) in PHONE_DIGITS for match in PHONE.finditer(plain)):
        found.add("phone")
    return sorted(found)


def _plain(text: str) -> str:
    """Words of an HTML page, one element a line, so that neighbouring cells are not read as one number."""
    text = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+|<(style|script)\b.*?</\1>", "\n", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", _words_of_tag, text))


def _words_of_tag(tag: re.Match[str]) -> str:
    """Alt texts, titles and other words in the attributes of a tag."""
    return "\n" + "\n".join(re.findall(r"""=\s*["']([^"']*)["']""", tag[0])) + "\n"


def _phrases(plain: str) -> Iterator[str]:
    """Everything of one to `LONGEST_NAME` words that could be a name, an address or an id."""
    for line in plain.splitlines():
        words = line.split()
        for start in range(len(words)):
            for length in range(1, min(LONGEST_NAME, len(words) - start) + 1):
                phrase = " ".join(words[start : start + length]).strip(".,;:!?()[]{}\"'«»„“”‘’")
                if any(character.isalpha() for character in phrase):
                    if len(phrase) >= SHORTEST_WORD:
                        yield phrase
                elif phrase.isdigit() and len(phrase) >= SHORTEST_NUMBER:  # not amounts and dates
                    yield phrase


def _is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: 97 divides the rearranged number plus 96)."""
    compact = text.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1
