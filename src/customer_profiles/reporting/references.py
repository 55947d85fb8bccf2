"""Names within a piece of HTML, so that several pieces can stand on one page."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES = re.compile(r'\b(id|aria-labelledby|aria-describedby)="([^"]+)"')
POINTERS = re.compile(r'(\bhref="#|url\(#)(?=[^")])')


def within(html: str, prefix: str) -> str:
    """A piece with a prefix before every name in it and before what refers to these names.

    >>> within('<a id="x" href="#x">', "2-"), within('<g clip-path="url(#x)">', "2-")
    ('<a id="2-x" href="#2-x">', '<g clip-path="url(#2-x)">')
    """
    named = NAMES.sub(lambda found: f'{found[1]}="{" ".join(prefix + name for name in found[2].split())}"', html)
    return POINTERS.sub(lambda found: found[1] + prefix, named)


def across(html: str, prefixes: Mapping[str, str]) -> str:
    """A piece whose links to other files lead to where these stand on the same page; others are no links any more.

    Parameters
    ----------
    prefixes : mapping of str to str
        Prefix of each file by its name; the file itself begins at a place called by the prefix alone.

    >>> across('<a href="a.html#x">', {"a.html": "a-"}), across('<a href="a.html">', {"a.html": "a-"})
    ('<a href="#a-x">', '<a href="#a-">')
    """

    def moved(found: re.Match[str]) -> str:
        return f'href="#{prefixes[found[1]]}{found[2] or ""}"' if found[1] in prefixes else ""

    return re.sub(r'\bhref="([\w-]+\.html)(?:#([^"]*))?"', moved, html)
