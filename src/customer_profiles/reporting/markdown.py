"""A notebook's prose and code: translated, and as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

import mistune
from markupsafe import Markup, escape

from .language import Language

FENCE = re.compile(r"^\s*(```|~~~)")
MARKER = re.compile(r"^(\s*(?:#{1,6}|[-*+]|\d+[.)]|>)\s+)(.*)$")


class Prose(mistune.HTMLRenderer):
    """Renders markdown with an id on each heading, and remembers the sections for the table of contents.

    Raw HTML in the markdown is shown as text. One renderer serves one page, so that ids are unique on it.
    """

    def __init__(self) -> None:
        super().__init__(escape=True)
        self.sections: list[dict[str, str]] = []
        self._taken: set[str] = set()
        self._markdown = mistune.create_markdown(renderer=self, plugins=["table", "strikethrough"])

    def html(self, source: str) -> Markup:
        """HTML of one cell."""
        return Markup(self._markdown(source))

    def heading(self, text: str, level: int, **attributes: str) -> str:
        """A heading; the page's own title is the only one of the first level."""
        level = max(level, 2)
        name = self._unique(slug(Markup(text).striptags()))
        if level == 2:
            self.sections.append({"id": name, "title": Markup(text).striptags()})
        return f'<h{level} id="{escape(name)}">{text}</h{level}>\n'

    def _unique(self, name: str) -> str:
        candidate, count = name, 1
        while candidate in self._taken:
            count += 1
            candidate = f"{name}-{count}"
        self._taken.add(candidate)
        return candidate


def slug(title: str) -> str:
    """Id of a section.

    >>> slug("What it cannot answer"), slug("Größe & Form")
    ('section-what-it-cannot-answer', 'section-größe-form')
    """
    return "section-" + re.sub(r"\W+", "-", title.lower()).strip("-")


def highlight(source: str) -> Markup:
    """Python code with its keywords and comments marked.

    >>> highlight("import x  # why")
    Markup('<span class="k">import</span> x  <span class="c"># why</span>')
    """
    from pygments.lexers import PythonLexer
    from pygments.token import Comment, Keyword

    marks = {Keyword: "k", Comment: "c"}
    parts = []
    for token, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        mark = next((mark for kind, mark in marks.items() if token in kind), None)
        parts.append(Markup('<span class="{}">{}</span>').format(mark, text) if mark else escape(text))
    return Markup("").join(parts)


def blocks(markdown: str) -> Iterator[tuple[str, str]]:
    """Split markdown into what is translated as one piece.

    Yields
    ------
    marker, text : str
        Sign at the start (``"## "``, ``"- "``) and the words of a heading, paragraph or list item on one line; code
        blocks, table rows and empty lines come as a marker without words.

    >>> list(blocks("# Who" + chr(10) + "they are" + chr(10) + chr(10) + "- one" + chr(10) + "  two"))
    [('# ', 'Who'), ('', 'they are'), ('', ''), ('- ', 'one two')]
    """
    words: list[str] = []
    marker, fenced = "", False
    for line in markdown.splitlines():
        start = MARKER.match(line)
        literal = fenced or FENCE.match(line) or line.lstrip().startswith("|")
        if words and (literal or start or not line.strip() or marker.lstrip().startswith("#")):
            yield marker, " ".join(words)
            marker, words = "", []
        if FENCE.match(line):
            fenced = not fenced
        if literal:
            yield line, ""
        elif start:
            marker, words = start[1], [start[2].strip()]
        elif line.strip():
            words.append(line.strip())
        else:
            yield "", ""
    if words:
        yield marker, " ".join(words)


def translate_markdown(source: str, language: Language) -> str:
    """A notebook's markdown in another language, block by block; blocks without translation stay English."""
    return "\n".join(marker + language.translate(text) if text else marker for marker, text in blocks(source))
