"""How charts speak: headings, values and labels in the reader's language.

A chart function never formats a number. It asks the `Speech` in force; the report puts the reader's language there
(`speaking`), a notebook by hand gets plain English.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Protocol

from ..messages import N_, NOTHING, is_missing

# Words that charts bring along; they go through `Speech.label` like any value.
WORDS = (
    *(N_("difference established"), N_("could be chance"), N_("more often"), N_("less often")),
    *(N_("sooner"), N_("later"), N_("not tested")),
    *(N_("more in the table"), N_("all the same"), N_("niche"), N_("core"), N_("marginal"), N_("developmental")),
)


class Speech(Protocol):
    """What a report's language must be able to say to a chart."""

    def heading(self, column: str) -> str:
        """What a column is called."""

    def value(self, column: str, number: float | date) -> str:
        """A number, month or day of a column, as short as a mark in a chart needs it; a dash if there is none."""

    def label(self, value: object) -> str:
        """What a value is called: a group, a theme, a word of `WORDS`."""


class PlainEnglish:
    """The speech of a chart that nobody gave another one.

    >>> english = PlainEnglish()
    >>> english.heading("spend_share"), english.value("spend_share", 0.456), english.value("orders", 1234.5)
    ('Spend share', '46%', '1,234')
    >>> english.value("month", pd.Timestamp("2025-03-01")), english.value("nps", -7.0), english.value("ratio", 1.5)
    ('Mar 2025', '−7', '1.50')
    """

    def heading(self, column: str) -> str:
        words = str(column).replace("_", " ")
        return words[:1].upper() + words[1:]

    def value(self, column: str, number: float | date) -> str:
        if is_missing(number):
            return NOTHING
        if isinstance(number, date):
            return f"{number:%b %Y}"
        if str(column).endswith("share"):
            return f"{number:.0%}".replace("-", "−")
        whole = abs(number) >= 100 or float(number).is_integer()
        return f"{number:,.{0 if whole else 1 if abs(number) >= 10 else 2}f}".replace("-", "−")

    def label(self, value: object) -> str:
        return NOTHING if is_missing(value) else str(value)


_SPEECH: ContextVar[Speech] = ContextVar("speech", default=PlainEnglish())  # noqa: B039 - it has no state


def current() -> Speech:
    """The speech in force."""
    return _SPEECH.get()


@contextmanager
def speaking(speech: Speech | None) -> Iterator[Speech]:
    """Let charts speak otherwise for a while; None leaves the speech in force."""
    token = _SPEECH.set(speech or current())
    try:
        yield current()
    finally:
        _SPEECH.reset(token)
