"""How much of a German report is English: words in sight that only the English catalogue knows.

A word counts as English if it stands in an English message or name of the product and in none of its German ones. What
customers wrote is theirs, and code is code. Names that a company gives in English are counted if the product has the
same word; names that it has not are nobody's language. So it finds what was forgotten to be translated, not everything
that a purist would call English: words that the German messages use themselves, such as "Service", are German here.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from report_size import report

from customer_profiles.reporting.language import catalogue

WORD = re.compile(r"[^\W\d_]{3,}")
AWAY = frozenset({"nav", "header", "footer", "details", "style", "script", "title", "code", "blockquote", "q"})
"""Elements that nobody sees at first, or that hold what is not the product's."""
QUOTED = re.compile(r"“[^”]*”|„[^“]*“")
"""Names of data, sources and actions, and what customers said, stand in quotation marks."""


class Seen(HTMLParser):
    """Collects the text that is in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._away: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Go into an element that is away."""
        if tag in AWAY:
            self._away.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        if self._away and self._away[-1] == tag:
            self._away.pop()

    def handle_data(self, data: str) -> None:
        """Keep what is in sight."""
        if not self._away:
            self.texts.append(data)


def words(page: str) -> Iterator[str]:
    """Words of a page in sight, in small letters, without what stands in quotation marks."""
    seen = Seen()
    seen.feed(page)
    for text in seen.texts:
        yield from map(str.lower, WORD.findall(QUOTED.sub(" ", text)))


def english_only() -> frozenset[str]:
    """Words of English messages that no German one has."""
    known = catalogue("de")
    english, german = (
        {word.lower() for text in texts for word in WORD.findall(re.sub(r"\{[^}]*\}", " ", text))}
        for texts in (known.keys(), known.values())
    )
    return frozenset(english - german)


def main() -> None:
    """Print the words that were found, then their share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="of a published German report that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = options.folder or report(Path(home), "--language", "de")
        seen = Counter(
            word for path in sorted(folder.glob("*.html")) for word in words(path.read_text(encoding="utf-8"))
        )
    only = english_only()
    found = {word: count for word, count in seen.most_common() if word in only}
    print("\n".join(f"{count:5d} {word}" for word, count in found.items()))
    print(f"{sum(found.values())} of {seen.total()} words: {100 * sum(found.values()) / seen.total():.2f} per cent")


if __name__ == "__main__":
    main()
