"""A notebook's prose and code as HTML."""

from __future__ import annotations

import re

import mistune
from markupsafe import Markup, escape


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
