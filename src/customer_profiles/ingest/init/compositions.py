"""What is said by several columns or rows together: price times quantity, refunds, orders that came to nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from .. import contract
from .guesses import Guess
from .headings import plain, signs_of
from .sample import Values
from .worth import (
    detail_rows,
    discount_columns,
    first_line_only,
    is_of_order,
    lines_of,
    named,
    order_sums,
    price_of,
    subtracted,
    words_of,
)

_ONE_SIGN = ("€", "$", "£", "¥")
_MOST_CODES = 20
_ONLY_DAY, _TIME = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", r"[0-2]?\d:\d{2}(?::\d{2})?"


def composed_columns(guess: Guess) -> dict[str, tuple[Any, str]]:
    """Columns of the contract that are made of several of the export, with their reasons."""
    found: dict[str, tuple[Any, str]] = {}
    if guess.table == "transactions":
        found |= _amount(guess)
        found |= _discounts(guess)
    found |= _times(guess)
    if guess.table in ("feedback", "tickets") and "text" in guess.columns:
        heading = guess.columns["text"].heading
        title = named(guess.sample, "titles", numbers=False)
        if title and title.kind != "empty" and title.heading != heading and title.heading not in guess.read:
            found["text"] = ({"join": [title.heading, heading]}, "heading and text of the same")
    return found


def _times(guess: Guess) -> dict[str, tuple[Any, str]]:
    """The day and the time of day where each has a column of its own."""
    role = contract.HAPPENED_AT.get(guess.table, "")
    day = guess.sample.columns.get(guess.columns[role].heading) if role in guess.columns else None
    time = named(guess.sample, "times_of_day", numbers=False)
    if day is None or time is None or time.heading in guess.read or day.share(_ONLY_DAY) < 1:
        return {}
    known = day.share(r"\d{4}-\d{2}-\d{2}") == 1 or _day_form(day)
    filled = known and time.share(_TIME) == 1 and len(time.texts) == len(day.texts)
    return {role: ({"join": [day.heading, time.heading]}, "the day and its time")} if filled else {}


def _day_form(day: Values) -> str:
    """How days with points are written, if their cells prove it, also with a year of two digits; "" if they do not."""
    parts = day.distinct.to_series().str.extract(r"^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})$")
    if not len(parts) or parts.isna().any(axis=None):
        return ""
    numbers, lengths = parts.astype(int), parts[2].str.len().unique()
    is_proven = 12 < numbers[0].max() <= 31 and numbers[1].max() <= 12 and len(lengths) == 1
    if not is_proven or (lengths[0] == 2 and numbers[0].nunique() <= numbers[2].nunique()):
        return ""
    return "%d.%m.%Y" if lengths[0] == 4 else "%d.%m.%y"


def _forms_of_days(guess: Guess) -> dict[str, tuple[Any, str]]:
    """How a day with its time of day beside it is written, and days whose year has two digits."""
    joined = _times(guess)
    for role, (content, _) in joined.items():
        day, time = (guess.sample.columns[heading] for heading in content["join"])
        seconds = ":%S" if time.share(r".*:\d{2}:\d{2}") == 1 else ""
        form = _day_form(day)
        return {"datetime": (f"{form} %H:%M{seconds}", f"{role}: the day and its time")} if form else {}
    days = [guess.sample.columns.get(meaning.heading) for meaning in guess.columns.values()]
    forms = {_day_form(values) for values in days if values is not None and values.kind == "date"}
    return {"date": ("%d.%m.%y", "as the cells show")} if forms == {"%d.%m.%y"} else {}


def _amount(guess: Guess) -> dict[str, tuple[Any, str]]:
    """Price times quantity where only a unit price is known; without discounts of the order and what was refunded."""
    amount = guess.columns.get("amount")
    terms: list[Any] = []
    reasons: list[str] = []
    if lines := lines_of(guess):
        terms.append({"product": lines.headings})
        reasons.append(lines.reason)
        if discounts := subtracted(guess):
            terms += [{"column": values.heading, "factor": -1} for values in discounts]
            reasons.append("without the discounts of the order")
    elif amount is not None:
        terms.append(amount.heading)
    elif price := price_of(guess.sample):
        terms.append(price.heading)
        reasons.append("it grows with the quantity: the price of all pieces")
    refund = _refund(guess)
    if refund is not None:
        terms.append({"column": refund.heading, "factor": -1})
        reasons.append("without what was refunded")
    signs, why = _signs(guess, refund)
    if not terms or not (reasons or signs):
        return {}
    content: Any = {"sum": terms} if len(terms) > 1 else terms[0]
    content = {"column": content} if isinstance(content, str) and signs else content
    return {"amount": (content | {"times": signs} if signs else content, ", ".join([*reasons, *why]))}


def _refund(guess: Guess) -> Values | None:
    """What was given back, written without a sign."""
    refund, amount = named(guess.sample, "refunds"), guess.columns.get("amount")
    if refund is None or (amount is not None and refund.heading == amount.heading):
        return None
    return refund if (refund.numbers >= 0).all() and (refund.numbers > 0).any() else None


def undecided(guess: Guess) -> Iterator[str]:
    """Prices that may be of one piece or of all, and discounts that they may or may not have in them already."""
    lines = lines_of(guess) if guess.table == "transactions" else None
    if lines and lines.is_open:
        price, pieces = (repr(heading) for heading in lines.headings)
        alone = f"write 'amount: {lines.headings[0]}' if it is that of the whole line"
        yield f"amount: is {price} the price of one piece, to be multiplied by {pieces}? {alone}"
    equal, are_told = _equal_rows(guess) if guess.table == "transactions" else (0, False)
    if equal and not are_told:
        yield f"duplicates: {equal:,} rows repeat another in every cell; bought twice? then write 'duplicates: keep'"
    if lines and subtracted(guess) is None:
        for values in discount_columns(guess.sample):
            term = f"{{column: {values.heading}, factor: -1}}"
            yield f"amount: is {values.heading!r} already taken off the price? otherwise add {term} to its sum"


def _signs(guess: Guess, refund: Values | None) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Signs of the amounts by a column that tells refunds, where no other column nor an amount below zero does."""
    amount = guess.columns.get("amount")
    values = guess.sample.columns.get(amount.heading) if amount else None
    if refund is not None or values is None or (values.numbers < 0).any():
        return {}, []
    for values in _codes(guess):
        if signs := signs_of(values.distinct):
            back = sorted(code for code, sign in signs.items() if sign < 1)
            return {values.heading: signs}, [f"{', '.join(back)}: given back"]
    return {}, []


def _codes(guess: Guess) -> Iterator[Values]:
    """Columns of few codes that have no other meaning."""
    for values in guess.sample.columns.values():
        if values.kind == "code" and values.heading not in guess.read and len(values.distinct) <= _MOST_CODES:
            yield values


def _discounts(guess: Guess) -> dict[str, tuple[Any, str]]:
    """All discounts of a line together."""
    several = [values.heading for values in discount_columns(guess.sample)]
    return {"discount": ({"sum": several}, "all discounts of a line")} if len(several) > 1 else {}


def carried(guess: Guess, numbers: Collection[str] = ()) -> dict[str, tuple[Any, str]]:
    """Keys of the source for rows that count otherwise than as they stand, each with its reason.

    What some rows leave to others, totals that lines repeat, orders that came to nothing, and ways to write that must
    be declared, also of further columns with numbers.
    """
    found: dict[str, tuple[Any, str]] = {}
    columns = {role: guess.sample.columns.get(meaning.heading) for role, meaning in guess.columns.items()}
    time = columns.get("opened_at" if guess.table == "tickets" else "at")
    if time is not None and time.kind == "seconds":
        found["datetime"] = ("unix", "since 1970")
    found |= _named_days(columns)
    found |= _forms_of_days(guess)
    amount, order = columns.get("amount"), columns.get("order_id")
    found |= _sign([amount, *(guess.sample.columns.get(heading) for heading in numbers)])
    if guess.table == "transactions":
        kept, reason = _kept(guess)
        if order is not None:
            found |= _of_orders(guess, order, [*kept])
        if kept:
            found["where"] = (kept, reason)
        if _equal_rows(guess)[1]:
            found["duplicates"] = ("keep", "with equal rows the lines of an order add up to its total")
    merged = named(guess.sample, "merged_ids", numbers=False)
    if guess.table == "customers" and merged:
        found["merged_ids"] = (merged.heading, "former ids")
    return found


def _sign(columns: list[Values | None]) -> dict[str, tuple[Any, str]]:
    """The sign of the one currency that stands beside numbers."""
    texts = [values.distinct for values in columns if values is not None]
    signs = [sign for sign in _ONE_SIGN if any(one.str.contains(sign, regex=False).any() for one in texts)]
    return {"sign": (signs[0], "beside the amounts")} if len(signs) == 1 else {}


def _named_days(columns: dict[str, Values | None]) -> dict[str, tuple[Any, str]]:
    forms = {values.named_days for values in columns.values() if values is not None and values.named_days}
    keys = {"datetime" if "%M" in form else "date": form for form in forms}
    return {key: (form, "months have names") for key, form in keys.items()} if len(keys) == len(forms) else {}


def _of_orders(guess: Guess, order: Values, also: list[str]) -> dict[str, tuple[Any, str]]:
    """What only the first line of an order says, and totals of an order that each of its lines repeats."""
    read = {name for name in (*guess.read, *also) if name in guess.sample.columns}
    blank = [
        name
        for name in guess.sample.cells
        if name in read and guess.sample.columns[name].kind != "number"
        if first_line_only(guess.sample, order, guess.sample.columns[name])
    ]
    amount, refund = guess.columns.get("amount"), _refund(guess)
    money = [] if amount is None or lines_of(guess) else [guess.sample.columns.get(amount.heading)]
    money += [refund, *(subtracted(guess) or ())]
    totals = [v.heading for v in money if v is not None and is_of_order(guess.sample, order, v)]
    return ({"fill_down": ({order.heading: blank}, "only on the first line of an order")} if blank else {}) | (
        {"once": ({order.heading: totals}, "each line repeats what is that of the order")} if totals else {}
    )


@lru_cache(maxsize=64)
def _equal_rows(guess: Guess) -> tuple[int, bool]:
    """Rows that repeat another in every cell, and whether they are so many articles: with them lines add up."""
    cells, order, lines = guess.sample.cells.astype("str"), guess.columns.get("order_id"), lines_of(guess)
    count = int(cells.duplicated().sum())
    if not count or order is None:
        return count, False
    which = cells.duplicated(keep=False).groupby(cells[order.heading]).any()
    adds_up = lines is not None and order_sums(guess, lines.worth(guess.sample), which) is not None
    return count, adds_up or bool(_details(guess))


@lru_cache(maxsize=64)
def _details(guess: Guess) -> tuple[str, str, str] | None:
    """Where a code tells rows with the total of an order from those of its lines, see `detail_rows`."""
    columns = [guess.sample.columns.get(guess.columns[r].heading) for r in ("order_id", "amount") if r in guess.columns]
    order, amount = columns if len(columns) == 2 else (None, None)
    return detail_rows(guess.sample, order, amount, _codes(guess)) if order is not None and amount is not None else None


def _kept(guess: Guess) -> tuple[dict[str, list[str]], str]:
    """Codes of the orders that came to something: those that were won, otherwise all but those given up."""
    kept: dict[str, list[str]] = {}
    reasons: list[str] = []
    if details := _details(guess):
        heading, total, line = details
        kept[heading] = [line]
        reasons.append(f"rows with {total} add up those with {line}")
    for values in _codes(guess):
        words = {code: plain(code) for code in values.distinct}
        won = [code for code, word in words.items() if word in words_of("won_codes")]
        void = [code for code, word in words.items() if word in words_of("void_codes")]
        chosen = won or [code for code in words if code not in void]
        if (won or void) and 0 < len(chosen) < len(words):
            kept[values.heading] = sorted(chosen)
            reasons.append(f"without {', '.join(sorted(set(words) - set(chosen)))}, which came to nothing")
        if won:
            return {values.heading: sorted(chosen)}, reasons[-1] if reasons else ""
    return kept, "; ".join(reasons)
