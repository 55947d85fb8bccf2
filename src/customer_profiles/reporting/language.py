"""Texts in the language of the reader: catalogue, numbers, money and dates.

Messages are written in English; ``locale/<code>.po`` holds their translations. What has none stays English, so
a page is never incomplete, and a test lists what is missing.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from ..codes import SEGMENT_NAME
from ..messages import GROUP, N_, NOTHING, Text, is_missing
from . import groups
from . import labels as vocabulary
from .labels import KINDS
from .short import SENTENCES, short

CODE = re.compile(r"[^\W\d_A-Z]+(_[^\W_A-Z]+)+")
LOCALE = Path(__file__).parent / "locale"
# Numbers and money read the same all over the English-speaking world; dates are unmistakable in day-month order.
NUMBER_LOCALES = {"en": "en", "de": "de"}
DATE_LOCALES = {"en": "en_GB", "de": "de"}

LARGEST = 1e15
"""A number from which on no company counts: it is told as endless."""
RARE = 0.01
WHOLE = {(True, 0): N_("nobody"), (False, 0): N_("hardly anybody"), (True, 1): N_("all"), (False, 1): N_("nearly all")}
"""Shares that are no few in few, by whether they are exactly none or all."""


class Language:
    """How a report speaks.

    Parameters
    ----------
    code : {"en", "de"}
        Language of the page.
    currency : str
        ISO 4217 code of every amount.
    labels : mapping of str to mapping of str to str, optional
        Names that a data set gives its attributes: ``{"home": {"en": "Home", "de": "Wohnung"}}``.
    values : mapping of str to mapping of str to str, optional
        Names that it gives values, events, actions, sources and segments.
    rounded : bool
        Whether counts are told to the nearest five and shares without decimals, see `rounding`.

    Examples
    --------
    >>> Language("en").text(Text("{n:count} customers, {share:share}", {"n": 1234, "share": 0.1235}))
    '1,234 customers, 12.4%'
    >>> Language("de").format("money", 1234.5).replace(chr(160), " ")
    '1.235 €'
    """

    def __init__(
        self,
        code: str = "en",
        currency: str = "EUR",
        labels: Mapping[str, Mapping[str, str]] | None = None,
        values: Mapping[str, Mapping[str, str]] | None = None,
        rounded: bool = False,
    ):
        if code not in NUMBER_LOCALES:
            raise ValueError(f"no language {code!r}; known are {', '.join(NUMBER_LOCALES)}")
        self.code = code
        self.currency = currency
        self.labels = labels or {}
        self.values = values or {}
        self.rounded = rounded
        self._catalogue = catalogue(code)
        self._number_locale = NUMBER_LOCALES[code]
        self._date_locale = DATE_LOCALES[code]

    def translate(self, message: str) -> str:
        """Translation of a message with its placeholders untouched, or the message itself if there is none."""
        return self._catalogue.get(message) or message

    def news(self, text: Text, brief: bool = False) -> str:
        """A text as it stands above the fold, see `short`; of a `brief` one its first sentence."""
        told = short(self.translate(text.message))
        return self._filled(SENTENCES.split(told)[0] if brief else told, text)

    def text(self, text: Text) -> str:
        """A text with its numbers filled in; plain, not escaped for HTML.

        A placeholder without a formatter takes words that are already in the reader's language.

        Raises
        ------
        KeyError
            If a placeholder has no value.
        ValueError
            If a placeholder names a formatter that does not exist.
        """
        return self._filled(self.translate(text.message), text)

    def _filled(self, message: str, text: Text) -> str:
        parts = []
        for literal, name, kind, _ in string.Formatter().parse(message):
            parts.append(literal)
            if name is not None and kind == GROUP:
                who = self.group(*(text.values[part] for part in name.split("/")))
                begins = not "".join(parts).strip() and not message.endswith(f"{name}:{GROUP}}}")
                parts.append(capital(who) if begins else who)  # alone it is a part of another sentence
            elif name is not None:
                parts.append(self.format(kind, text.values[name]) if kind else str(text.values[name]))
        return "".join(parts)

    def group(self, *names: object) -> str:
        """The customers with a value, or with several, as one speaks of them within a sentence; see `groups`.

        Parameters
        ----------
        *names : str
            Attribute and value, by turns.

        >>> Language("en").group("age_band", "65+"), Language("de").group("age_band", "65+")
        ('customers aged 65 and over', 'Kunden ab 65 Jahren')
        >>> Language("en").group("contract", "monthly", "net", "fibre")
        'customers (contract: monthly, net: fibre)'
        """
        pairs = [(str(name), value) for name, value in zip(names[::2], names[1::2], strict=True) if name]
        called = [self.label(name) for name, _ in pairs]
        called = [groups.in_the_middle(name) for name in called] if self.code == "en" else called
        words = [self.format("segment" if name == "segment" else "value", value) for name, value in pairs]
        told = self.text(groups.phrase(pairs[0][0], str(pairs[0][1]), words[0], called[0]))
        for (_, value), word, name in zip(pairs[1:], words[1:], called[1:], strict=True):
            detail = self.text(groups.detail(str(value), word, name))
            told = f"{told[:-1]}, {detail})" if told.endswith(")") else f"{told} ({detail})"
        return told

    def label(self, name: object) -> str:
        """Name of an attribute, a measure, a theme or a segment as the reader knows it.

        The data set's own labels come first, then the vocabulary of columns, then the catalogue; a name that
        nobody knows is shown as it is.
        """
        if isinstance(name, Text):
            return self.text(name)
        key = str(name)
        known = vocabulary.name(key)
        if key in self.labels or (known == key and key in self.values):
            return self._own(key, self.labels.get(key) or self.values[key])
        return readable(self.translate(known))

    def own(self, *names: str) -> str:
        """What dataset.yaml calls the first of several names that it knows, with a capital; empty if it knows none."""
        return capital(next((self.label(name) for name in names if name in self.labels), ""))

    def heading(self, name: str) -> str:
        """What a column is called: as the data set labels it, else as the vocabulary of columns does.

        >>> Language("en").heading("per_thousand"), Language("de", currency="CHF").heading("per_thousand")
        ('Customers spared per €1,000 of cost', 'Verschonte Kunden je 1.000 CHF Kosten')
        """
        if name in self.labels:
            return self.label(name)
        return self.translate(vocabulary.column(name).label).replace("¤", self._sign())

    def _sign(self) -> str:
        from babel.numbers import get_currency_symbol

        return get_currency_symbol(self.currency, locale=self._number_locale)

    def value(self, word: object) -> str:
        """A value of the data as the reader knows it: by its own label, as a word of the contract, or as it is.

        It is never taken for a column of the same name.

        >>> Language("de").value("children"), Language("de").value("female")
        ('children', 'weiblich')
        """
        if isinstance(word, Text):
            return self.text(word)
        key = str(word)
        if key in self.values:
            return self._own(key, self.values[key])
        return readable(key) if vocabulary.names_a_column(key) else readable(self.translate(vocabulary.name(key)))

    def _own(self, key: str, names: Mapping[str, str]) -> str:
        return names.get(self.code) or names.get("en") or key

    def format(self, kind: str, value: object) -> str:
        """One value as ``count``, ``share``, ``money``, … ; a value that does not exist is a dash.

        Parameters
        ----------
        kind : str
            Formatter of `messages.Text`.
        value : number, date, ISO date text or name
        """
        formatter: Callable[[object], str] | None = getattr(self, f"_{kind}", None)
        if kind not in KINDS or formatter is None:
            raise ValueError(f"no formatter {kind!r}; known are {', '.join(KINDS)}")
        return NOTHING if is_missing(value) else formatter(value)

    def interval(self, kind: str, low: object, high: object) -> str:
        """Two ends of an interval, the unit once where it stands behind the number.

        >>> Language("en").interval("share", 0.1, 0.145)
        '10.0% to 14.5%'
        """
        return self.text(Text("{low} to {high}", {"low": self.format(kind, low), "high": self.format(kind, high)}))

    def span(self, kind: str, low: object, high: object) -> str:
        """An interval as short as a table cell wants it: the unit once, an en dash between the ends.

        >>> Language("en").span("share", 0.1, 0.145), Language("en").span("money", 120, 150)
        ('10.0–14.5%', '€120–150')
        """
        left, right = self.format(kind, low), self.format(kind, high)
        if "−" in left + right or "+" in left + right or "<" in left or not re.search(r"\d", left):
            return f"{left} – {right}" if kind == "points" else self.interval(kind, low, high)
        behind, before = re.split(r"\d", left)[-1], re.split(r"\d", right)[0]
        left = left.removesuffix(behind) if right.endswith(behind) else left
        return f"{left}–{right.removeprefix(before) if left.startswith(before) else right}"

    def percent(self, share: float, digits: int = 0) -> str:
        """A share as it is written beside a mark in a chart, where a decimal only adds clutter.

        >>> Language("en").percent(0.125)
        '13%'
        """
        from babel.numbers import format_percent

        if 0 < share < 0.5 * 10 ** -(digits + 2):
            return "< " + self.percent(10 ** -(digits + 2), digits)
        rounded = _round(share, digits + 2)
        pattern = _percent_pattern(self._number_locale, digits)
        return _minus(format_percent(rounded, pattern, locale=self._number_locale))

    def decimal(self, value: object, digits: int) -> str:
        """A number with a fixed count of decimals."""
        from babel.numbers import format_decimal

        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _minus(format_decimal(_round(value, digits), pattern, locale=self._number_locale))

    def short_money(self, amount: float) -> str:
        """An amount short enough for a chart: thousands and millions are abbreviated.

        >>> Language("en").short_money(1_234_567)
        '€1.2M'
        """
        from babel.numbers import format_compact_currency

        if abs(amount) < 10_000 or not abs(amount) < LARGEST:
            return self._money(amount)
        digits = 1 if abs(amount) >= 1_000_000 else 0
        locale = self._number_locale
        if self.code == "de" and abs(amount) < 1_000_000:  # German has no short word for a thousand
            return self._money(_round(amount, -3))
        return _minus(format_compact_currency(amount, self.currency, locale=locale, fraction_digits=digits))

    def money_format(self, digits: int) -> str:
        """How amounts with so many decimals are written, as a number format of a workbook.

        >>> Language("en").money_format(0), Language("de").money_format(2).replace(chr(160), " ")
        ('"€"#,##0', '#,##0.00 "€"')
        """
        return _currency_pattern(self._number_locale, digits).replace("¤", f'"{self._sign()}"')

    def _count(self, value: Any) -> str:
        from .rounding import count

        return self.decimal(count(value) if self.rounded else value, 0)

    def _share(self, value: Any) -> str:
        return self.percent(float(value), 0 if self.rounded else 1)

    def _part(self, value: Any) -> str:
        """A share in a headline, where a decimal only adds clutter."""
        return self.percent(float(value), 0 if abs(float(value)) >= 0.1 or value == 0 else 1)

    def _in(self, value: Any) -> str:
        """A share as one says it: three in five.

        >>> Language("en").format("in", 0.61), Language("en").format("in", 0.04), Language("de").format("in", 0.88)
        ('3 in 5', '1 in 25', '7 von 8')
        """
        share = float(value)
        if not 0 <= share <= 1:
            return self._part(share)
        told = Fraction(share).limit_denominator(5 if 0.2 <= share <= 0.8 else 10)
        if share <= 0.1:
            told = Fraction(1, round(1 / share)) if share >= RARE else Fraction(0)
        if told in (0, 1):
            return self.translate(WHOLE[told == share, int(told)])
        return self.text(Text(N_("{n:count} in {base:count}"), {"n": told.numerator, "base": told.denominator}))

    def _money(self, value: object) -> str:
        from babel.numbers import format_currency

        digits = 0 if abs(_round(value, 2)) >= 100 else 2
        pattern = _currency_pattern(self._number_locale, digits)
        amount = _round(value, digits)
        return _minus(
            format_currency(amount, self.currency, pattern, locale=self._number_locale, currency_digits=False)
        )

    def _index(self, value: object) -> str:
        return self.decimal(value, 0)

    def _points(self, value: object) -> str:
        rounded = _round(value, 0)
        return ("+" if rounded > 0 else "") + self.decimal(rounded, 0)

    def _ratio(self, value: object) -> str:
        return self.decimal(value, 2 if abs(_round(value, 2)) < 10 else 1 if abs(_round(value, 1)) < 100 else 0)

    def _number(self, value: Any) -> str:
        if float(value).is_integer():
            return self.decimal(value, 0)
        return self.decimal(value, 2 if abs(_round(value, 2)) < 10 else 1 if abs(_round(value, 1)) < 100 else 0)

    def _about(self, value: Any) -> str:
        """A number in a headline: two digits tell enough of it."""
        if float(value).is_integer() or abs(_round(value, 1)) >= 10:
            return self.decimal(value, 0)
        return self.decimal(value, 1 if abs(_round(value, 1)) >= 1 else 2)

    def _sum(self, value: Any) -> str:
        return self.short_money(float(value))

    def _p(self, value: object) -> str:
        return "p " + ("= " if _round(value, 3) >= Decimal("0.001") else "") + self._p_value(value)

    def _p_value(self, value: object) -> str:
        if _round(value, 3) >= Decimal("0.001"):
            return self.decimal(value, 3)
        return "< " + self.decimal(0.001, 3)

    def _day(self, value: object) -> str:
        from babel.dates import format_date

        return format_date(_date(value), "long", locale=self._date_locale)

    def _month(self, value: object) -> str:
        from babel.dates import format_skeleton

        return format_skeleton("yMMMM", _date(value), locale=self._date_locale)

    def _short_month(self, value: object) -> str:
        from babel.dates import format_date

        return format_date(_date(value), "MMM yyyy", locale=self._date_locale)

    def _label(self, value: object) -> str:
        return self.label(value)

    def _capital(self, value: object) -> str:
        return capital(self.label(value))

    def _value(self, value: object) -> str:
        return self.value(value)

    def _segment(self, value: object) -> str:
        """A segment by its name, if it has one; its number may be stored as 3.0."""
        number = str(value).removesuffix(".0")
        own = self.values.get(SEGMENT_NAME.format(number))
        return self._own(number, own) if own else self.label(number)

    def _yes(self, value: object) -> str:
        return self.label(str(bool(value)))


def readable(word: str) -> str:
    """A code that nobody has labelled, as words.

    >>> readable("watches_gifts"), readable("GX_1200"), readable("app")
    ('watches gifts', 'GX_1200', 'app')
    """
    return word.replace("_", " ") if CODE.fullmatch(word) else word


def capital(words: str) -> str:
    """Words as they begin a sentence; what is written in small and capital letters on purpose stays.

    >>> capital("web buyers"), capital("eBay buyers")
    ('Web buyers', 'eBay buyers')
    """
    return words[:1].upper() + words[1:] if words[1:2] == words[1:2].lower() else words


@cache
def catalogue(code: str) -> dict[str, str]:
    """Translations of a language, without the uncertain ("fuzzy") ones; empty for English."""
    path = LOCALE / f"{code}.po"
    if not path.exists():
        return {}
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=code) if m.id and m.string and not m.fuzzy}


def _round(value: Any, digits: int) -> Decimal:
    """Round half up on the shortest decimal that means this number, as people do with what they see.

    What is larger than `LARGEST` is endless: the end of an interval that few cases leave open.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not abs(exact) < LARGEST:
        return Decimal("Infinity").copy_sign(exact)
    rounded = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)  # no minus zero


def _date(value: Any) -> date:
    if isinstance(value, str):
        return datetime.fromisoformat(value).date()
    return value.date() if isinstance(value, datetime) else value


def _minus(text: str) -> str:
    """A real minus sign: as wide as a plus, and not a place to break the line."""
    return text.replace("-", "−")


@cache
def _percent_pattern(locale: str, digits: int) -> str:
    from babel import Locale

    pattern = Locale.parse(locale).percent_formats[None].pattern
    return pattern.replace("0%", _zeros(digits) + "%").replace("0\xa0%", _zeros(digits) + "\xa0%")


@cache
def _currency_pattern(locale: str, digits: int) -> str:
    from babel import Locale

    return Locale.parse(locale).currency_formats["standard"].pattern.replace("0.00", _zeros(digits))


def _zeros(digits: int) -> str:
    return "0" + ("." + "0" * digits if digits else "")
