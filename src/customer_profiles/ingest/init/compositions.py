"""What is said by several columns or rows together: price times quantity, refunds, orders that came to nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd

from .. import contract
from .guesses import Guess
from .headings import plain, signs_of, synonyms
from .sample import Values, rough_numbers

_ONE_SIGN = ("€", "$", "£", "¥")
_MOST_CODES = 20
_ONLY_DAY, _TIME = r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", r"[0-2]?\d:\d{2}(?::\d{2})?"
_MATCH = 0.95
"""Share of orders that must add up, or repeat a total, for it to be no accident."""


def composed_columns(guess: Guess) -> dict[str, tuple[Any, str]]:
    """Columns of the contract that are made of several of the export, with their reasons."""
    found: dict[str, tuple[Any, str]] = {}
    if guess.table == "transactions":
        found |= _amount(guess)
        found |= _discounts(guess)
    found |= _times(guess)
    if guess.table in ("feedback", "tickets") and "text" in guess.columns:
        heading = guess.columns["text"].heading
        title = _named(guess, "titles", numbers=False)
        if title and title.kind != "empty" and title.heading != heading and title.heading not in guess.read:
            found["text"] = ({"join": [title.heading, heading]}, "heading and text of the same")
    return found


def _times(guess: Guess) -> dict[str, tuple[Any, str]]:
    """The day and the time of day where each has a column of its own."""
    role = contract.HAPPENED_AT.get(guess.table, "")
    day = guess.sample.columns.get(guess.columns[role].heading) if role in guess.columns else None
    time = _named(guess, "times_of_day", numbers=False)
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
    if lines := _lines(guess):
        terms.append({"product": [values.heading for values in lines]})
        reasons.append("a unit price times the quantity")
        if discounts := _subtracted(guess):
            terms += [{"column": values.heading, "factor": -1} for values in discounts]
            reasons.append("without the discounts of the order")
    elif amount is not None:
        terms.append(amount.heading)
    elif price := _named(guess, "unit_price"):
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


def _lines(guess: Guess) -> tuple[Values, Values] | None:
    """Price of one piece and quantity, where the file says no more of an amount."""
    price, quantity = _named(guess, "unit_price"), guess.columns.get("quantity")
    if price is None or quantity is None or price.heading == quantity.heading:
        return None
    lines = price, guess.sample.columns[quantity.heading]
    return None if _is_total(guess, *lines) or _tells_lines(guess, *lines) else lines


def _is_total(guess: Guess, price: Values, quantity: Values) -> bool:
    """Whether the "price" of a product grows with the quantity, as that of the whole line does (Amazon)."""
    product = guess.columns.get("product_id")
    if product is None:
        return False
    cells = guess.sample.cells
    numbers = cells[[price.heading, quantity.heading]].apply(_numbers).set_axis(["price", "quantity"], axis=1)
    numbers = numbers[numbers["quantity"] > 0]
    one = numbers["price"] / numbers["quantity"]
    groups = numbers.assign(one=one.round(2)).groupby(cells[product.heading].astype("str"))
    counts = groups[["price", "quantity", "one"]].nunique()
    several = counts[counts["quantity"] > 1]
    return len(several) > 0 and bool((several["one"] < several["price"]).mean() >= _MATCH)


def _tells_lines(guess: Guess, price: Values, quantity: Values) -> bool:
    """Whether the file has the amount of each line, perhaps less a discount, beside the price of one piece."""
    amount = guess.columns.get("amount")
    if amount is None or amount.heading in (price.heading, quantity.heading):
        return False
    of_line, one, pieces = (
        _numbers(guess.sample.cells[heading]) for heading in (amount.heading, price.heading, quantity.heading)
    )
    whole = one * pieces
    return bool(of_line.between(whole / 2 - 0.01, whole + 0.01)[whole > 0].mean() >= _MATCH)


def _refund(guess: Guess) -> Values | None:
    """What was given back, written without a sign."""
    refund, amount = _named(guess, "refunds"), guess.columns.get("amount")
    if refund is None or (amount is not None and refund.heading == amount.heading):
        return None
    return refund if (refund.numbers >= 0).all() and (refund.numbers > 0).any() else None


def _discount_columns(guess: Guess) -> list[Values]:
    """Columns of discounts in money."""
    words = set(synonyms()["discounts"])
    return [
        values
        for values in guess.sample.columns.values()
        if values.kind == "number" and words & set(values.words.split()) and values.has_fractions
    ]


def _subtracted(guess: Guess) -> list[Values] | None:
    """Discounts without which prices of pieces add up to what the order cost; None if no column tells what it cost."""
    found = [values for values in _discount_columns(guess) if (values.numbers > 0).any()]
    order, lines = guess.columns.get("order_id"), _lines(guess)
    total = _named(guess, "totals") or _named(guess, "subtotals")
    if not found or order is None or lines is None or total is None:
        return None if found else []
    key = guess.sample.columns[order.heading]
    of_orders = [v for v in found if _first_line_only(guess, key, v) or _is_of_order(guess, key, v)]
    extras = [extra for kind in ("shipping", "taxes") if (extra := _named(guess, kind))]
    numbers = guess.sample.cells[[v.heading for v in (*found, *lines, *extras, total)]].apply(_numbers)
    orders = guess.sample.cells[order.heading].astype("str")
    sums, tops = numbers.groupby(orders).sum(), numbers.groupby(orders).max()
    prices = (numbers[lines[0].heading] * numbers[lines[1].heading]).groupby(orders).sum()
    taken = {v.heading: (tops if v in of_orders else sums)[v.heading] for v in found}
    reduced = sum(taken.values(), start=0.0 * prices) > 0
    for some, more in product([*_parts(found)[1:], []], _parts(extras)):
        told = prices - sum(taken[v.heading] for v in some) + sum(tops[v.heading] for v in more)
        if np.isclose(told, tops[total.heading], atol=0.02)[reduced].mean() >= _MATCH:
            return some
    return None


def _parts(columns: list[Values]) -> list[list[Values]]:
    """All choices of some columns, the fewest first."""
    return [list(some) for size in range(len(columns) + 1) for some in combinations(columns, size)]


def undecided(guess: Guess) -> Iterator[str]:
    """Discounts that prices of pieces may or may not have in them already."""
    if guess.table == "transactions" and _lines(guess) and _subtracted(guess) is None:
        for values in _discount_columns(guess):
            term = f"{{column: {values.heading}, factor: -1}}"
            yield f"amount: is {values.heading!r} already taken off the price? otherwise add {term} to its sum"


def _numbers(cells: pd.Series) -> pd.Series:
    return rough_numbers(cells.astype("str")).fillna(0.0)


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
    several = [values.heading for values in _discount_columns(guess)]
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
    merged = _named(guess, "merged_ids", numbers=False)
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
        if _first_line_only(guess, order, guess.sample.columns[name])
    ]
    amount, refund = guess.columns.get("amount"), _refund(guess)
    money = [] if amount is None or _lines(guess) else [guess.sample.columns.get(amount.heading)]
    money += [refund, *(_subtracted(guess) or ())]
    totals = [v.heading for v in money if v is not None and _is_of_order(guess, order, v)]
    return ({"fill_down": ({order.heading: blank}, "only on the first line of an order")} if blank else {}) | (
        {"once": ({order.heading: totals}, "each line repeats what is that of the order")} if totals else {}
    )


def _kept(guess: Guess) -> tuple[dict[str, list[str]], str]:
    """Codes of the orders that came to something: those that were won, otherwise all but those given up."""
    kept: dict[str, list[str]] = {}
    reasons: list[str] = []
    for values in _codes(guess):
        words = {code: plain(code) for code in values.distinct}
        won = [code for code, word in words.items() if word in _words("won_codes")]
        void = [code for code, word in words.items() if word in _words("void_codes")]
        chosen = won or [code for code in words if code not in void]
        if (won or void) and 0 < len(chosen) < len(words):
            kept[values.heading] = sorted(chosen)
            reasons.append(f"without {', '.join(sorted(set(words) - set(chosen)))}, which came to nothing")
        if won:
            return {values.heading: sorted(chosen)}, reasons[-1] if reasons else ""
    return kept, "; ".join(reasons)


def _is_of_order(guess: Guess, order: Values, values: Values) -> bool:
    """Whether all lines of an order have the same number, which differs from order to order."""
    if values.heading == order.heading or (len(values.distinct) <= 5 and not (values.numbers == 0).any()):
        return False
    cells = guess.sample.cells
    keys = cells[order.heading]
    several = cells[values.heading].groupby(keys).agg(["size", "nunique", "count"])
    several = several[several["size"] > 1]
    same = (several["nunique"] == 1) & (several["count"] == several["size"])
    return len(several) > 5 and bool(same.mean() > _MATCH)


def _first_line_only(guess: Guess, order: Values, values: Values) -> bool:
    """Whether a column is filled on the first line of each order and empty on the further ones."""
    if len(values.texts) >= values.rows or values.heading == order.heading:
        return False
    cells = guess.sample.cells
    filled = cells[values.heading].fillna("").astype("str").str.strip() != ""
    first = cells[order.heading] != cells[order.heading].shift()
    return bool(filled[first].all() and not filled[~first].any() and (~first).any())


def _words(kind: str) -> set[str]:
    return set(map(plain, synonyms()[kind]))


def _named(guess: Guess, kind: str, numbers: bool = True) -> Values | None:
    """The first column whose heading is one of a list of synonyms."""
    known = _words(kind)
    found = (values for values in guess.sample.columns.values() if any(name in known for name in values.names))
    return next((values for values in found if (values.kind == "number") == numbers or not numbers), None)
