"""What was paid for a line: with tax or without, the price of one piece or of all, and what discounts took off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .headings import has_part, plain, synonyms, without_tax_words
from .sample import Sample, Values, rough_numbers

if TYPE_CHECKING:
    from .guesses import Guess

MATCH = 0.95
"""Share of orders that must add up, or repeat a total, for it to be no accident."""
_ROUNDING, _MOST_TAX, _RATES, _COMPARED = 0.021, 0.28, 4, 10_000
_ENOUGH = 3  # products or orders that must have come in several quantities


@dataclass(frozen=True, eq=False)
class Lines:
    """Price and quantity of a line.

    Parameters
    ----------
    price, quantity : Values
    is_open : bool
        Whether nothing tells that the price is that of one piece.
    reason : str
    """

    price: Values
    quantity: Values
    is_open: bool
    reason: str

    @property
    def headings(self) -> list[str]:
        """Columns that are multiplied."""
        return [self.price.heading, self.quantity.heading]

    def worth(self, sample: Sample) -> pd.Series:
        """Price times quantity of each line."""
        return numbers_of(sample, (self.price, self.quantity)).prod(axis=1)


def words_of(kind: str) -> set[str]:
    """A list of synonyms, as plain words."""
    return set(map(plain, synonyms()[kind]))


def named(sample: Sample, kind: str, numbers: bool = True) -> Values | None:
    """The first column whose heading is one of a list of synonyms."""
    known = words_of(kind)
    found = (values for values in sample.columns.values() if any(name in known for name in values.names))
    return next((values for values in found if (values.kind == "number") == numbers or not numbers), None)


def price_of(sample: Sample) -> Values | None:
    """The column with prices: one whose heading says that it is of one piece, else any that says price."""
    if found := named(sample, "unit_price"):
        return found
    prices = [values for values in sample.columns.values() if values.kind == "number" and _is_price(values)]
    return next(iter(prices), None)


def _is_price(values: Values) -> bool:
    return has_part(values.words, "prices") and not has_part(values.words, "no_prices") and is_amount(values)


def numbers_of(sample: Sample, columns: Iterable[Values]) -> pd.DataFrame:
    """Numbers of some columns, 0 where there is none."""
    return pd.DataFrame({v.heading: rough_numbers(sample.cells[v.heading].astype("str")).fillna(0.0) for v in columns})


@lru_cache(maxsize=256)
def paid(sample: Sample, heading: str) -> tuple[str, str]:
    """The column of what was paid, of several that say what something cost, and why; the given one if it is alone.

    What customers spend is with tax and less discounts. Columns are rivals if what lies between them is a column of
    tax or discounts, or if their headings say net and gross and one rate of tax.
    """
    chosen, reason = heading, ""
    for _ in range(2):  # before discounts, less discounts, with tax
        better, why = _better(sample, sample.columns[chosen])
        reason = why or reason
        if better == chosen:
            break
        chosen = better
    return chosen, reason


def _better(sample: Sample, mine: Values) -> tuple[str, str]:
    """The rival of a column that says what was paid, itself if it does."""
    money = [v for v in sample.columns.values() if v.kind == "number" and v is not mine]
    rivals = [v for v in money if is_amount(v) and _is_price(v) == _is_price(mine)]
    taxes, discounts = (
        [v for v in money if has_part(without_tax_words(v.words), kind)] for kind in ("tax_words", "discounts")
    )
    beginning = replace(sample, cells=sample.cells.head(_COMPARED))
    numbers = numbers_of(beginning, (mine, *money)).abs()
    kept = mine.heading, ""
    for other in rivals:
        low, high = sorted((mine, other), key=lambda v: numbers[v.heading].sum())
        gap = numbers[high.heading] - numbers[low.heading]
        apart = (gap > _ROUNDING) & (numbers[low.heading] > 0)
        if not apart.any() or (gap < -_ROUNDING).any():
            continue
        gap, cheap = gap[apart], numbers.loc[apart, low.heading]
        if any(_same(numbers.loc[apart, v.heading], gap) for v in discounts):
            return low.heading, f"less discounts; before them it is {high.heading!r}"
        rates = (gap / cheap)[cheap >= 5].round(2)
        is_rate = not taxes and len(rates) and rates.max() < _MOST_TAX and rates.nunique() <= _RATES
        is_named = has_part(low.words, "net"), has_part(high.words, "gross")
        if any(_same(numbers.loc[apart, v.heading], gap) for v in taxes) or (is_rate and any(is_named)):
            kept = high.heading, f"with tax, as customers pay it; without it is {low.heading!r}"
        elif all(is_named):
            kept = high.heading, f"OPEN amount: or {low.heading!r}? more than tax or discounts lies between them"
    return kept


def is_amount(values: Values) -> bool:
    """Whether a heading says nothing of what is no price: shipping, tax, fees."""
    return not has_part(without_tax_words(values.words), "no_amounts")


def _same(one: pd.Series, other: pd.Series) -> bool:
    return bool(np.isclose(one, other, rtol=0, atol=_ROUNDING).mean() >= MATCH)


@lru_cache(maxsize=64)
def lines_of(guess: Guess) -> Lines | None:
    """Price of one piece and quantity, where the file says no more of an amount."""
    sample, amount, quantity = guess.sample, guess.columns.get("amount"), guess.columns.get("quantity")
    price = price_of(sample)
    if price is None or quantity is None or price.heading == quantity.heading:
        return None
    price = sample.columns[paid(sample, price.heading)[0]]
    pieces = sample.columns[quantity.heading]
    total = sample.columns.get(amount.heading) if amount is not None else None
    if (
        total is not None
        and total.heading not in (price.heading, pieces.heading)
        and _tells_lines(guess, total, price, pieces)
    ):
        return None
    of_one, reason = _is_of_one(guess, price, pieces)
    return Lines(price, pieces, of_one is None, reason) if of_one is not False else None


def _tells_lines(guess: Guess, total: Values, price: Values, pieces: Values) -> bool:
    """Whether the file has the amount of each line, perhaps less a discount or with tax, beside the price of one."""
    numbers = numbers_of(guess.sample, (total, price, pieces))
    whole = numbers[price.heading] * numbers[pieces.heading]
    told = numbers[total.heading]
    several = (whole > 0) & (numbers[pieces.heading] != 1)
    rows = several if several.any() else whole > 0
    return bool(told.between(whole / 2 - 0.01, whole * (1 + _MOST_TAX) + 0.01)[rows].mean() >= MATCH)


def _is_of_one(guess: Guess, price: Values, pieces: Values) -> tuple[bool | None, str]:
    """Whether a price is that of one piece, and what tells it; None if nothing does."""
    numbers = numbers_of(guess.sample, (price, pieces)).set_axis(["price", "quantity"], axis=1)
    if (numbers["quantity"] == 1).all():
        return True, "a price times the quantity, which is always 1"
    product_id = guess.columns.get("product_id")
    goods = guess.sample.columns.get(product_id.heading) if product_id else named(guess.sample, "goods", numbers=False)
    if goods is not None:
        known = numbers[numbers["quantity"] > 0].assign(one=lambda n: (n["price"] / n["quantity"]).round(2))
        counts = known.groupby(guess.sample.cells[goods.heading].astype("str")).nunique()
        several = counts[counts["quantity"] > 1]
        if len(several) and (several["one"] < several["price"]).mean() >= MATCH:
            return False, "it grows with the quantity: the price of all pieces"
        if len(several) >= _ENOUGH and (several["price"] <= several["one"]).mean() >= MATCH:
            return True, "a price times the quantity, with which it does not grow"
    if (orders := guess.columns.get("order_id")) is not None:
        many = (numbers["quantity"] > 1).groupby(guess.sample.cells[orders.heading].astype("str")).any()
        if many.sum() >= _ENOUGH:
            if order_sums(guess, numbers["price"] * numbers["quantity"], many) is not None:
                return True, "a price times the quantity, as the totals of orders prove"
            if order_sums(guess, numbers["price"], many) is not None:
                return False, "the price of all pieces, as the totals of orders prove"
    if any(name in words_of("unit_price") for name in price.names) or has_part(price.words, "of_one"):
        return True, "a unit price times the quantity"
    return None, "a price times the quantity"


def discount_columns(sample: Sample) -> list[Values]:
    """Columns of discounts in money."""
    words = words_of("discounts")
    return [
        values
        for values in sample.columns.values()
        if values.kind == "number" and words & set(values.words.split()) and values.has_fractions
    ]


@lru_cache(maxsize=64)
def subtracted(guess: Guess) -> list[Values] | None:
    """Discounts without which prices of pieces add up to what the order cost; None if no column tells what it cost."""
    found, lines = _given(guess), lines_of(guess)
    if not found or lines is None:
        return None if found else []
    return order_sums(guess, lines.worth(guess.sample))


def _given(guess: Guess) -> list[Values]:
    return [values for values in discount_columns(guess.sample) if (values.numbers > 0).any()]


def order_sums(guess: Guess, worth: pd.Series, which: pd.Series | None = None) -> list[Values] | None:
    """Discounts less which lines add up to the total of their order.

    Parameters
    ----------
    guess : Guess
    worth : Series
        What each line costs.
    which : Series of bool, optional
        Orders, by their number, that must add up; otherwise those with a discount.

    Returns
    -------
    list of Values or None
        None if no column of totals is met.
    """
    sample, order = guess.sample, guess.columns.get("order_id")
    total = named(sample, "totals") or named(sample, "subtotals")
    if order is None or total is None:
        return None
    found, key = _given(guess), sample.columns[order.heading]
    of_orders = [v for v in found if first_line_only(sample, key, v) or is_of_order(sample, key, v)]
    extras = [extra for kind in ("shipping", "taxes") if (extra := named(sample, kind))]
    numbers = numbers_of(sample, (*found, *extras, total))
    orders = sample.cells[order.heading].astype("str")
    sums, tops, prices = numbers.groupby(orders).sum(), numbers.groupby(orders).max(), worth.groupby(orders).sum()
    taken = {v.heading: (tops if v in of_orders else sums)[v.heading] for v in found}
    rows = sum(taken.values(), start=0.0 * prices) > 0 if which is None else which
    for some, more in product([*_parts(found)[1:], []], _parts(extras)):
        told = prices - sum(taken[v.heading] for v in some) + sum(tops[v.heading] for v in more)
        if np.isclose(told, tops[total.heading], atol=_ROUNDING)[rows].mean() >= MATCH:
            return some
    return None


def _parts(columns: list[Values]) -> list[list[Values]]:
    """All choices of some columns, the fewest first."""
    return [list(some) for size in range(len(columns) + 1) for some in combinations(columns, size)]


def is_of_order(sample: Sample, order: Values, values: Values) -> bool:
    """Whether all lines of an order have the same number, which differs from order to order."""
    if values.heading == order.heading or (len(values.distinct) <= 5 and not (values.numbers == 0).any()):
        return False
    several = sample.cells[values.heading].groupby(sample.cells[order.heading]).agg(["size", "nunique", "count"])
    several = several[several["size"] > 1]
    same = (several["nunique"] == 1) & (several["count"] == several["size"])
    return len(several) > 5 and bool(same.mean() > MATCH)


def first_line_only(sample: Sample, order: Values, values: Values) -> bool:
    """Whether a column is filled on the first line of each order and empty on the further ones."""
    if len(values.texts) >= values.rows or values.heading == order.heading:
        return False
    cells = sample.cells
    filled = cells[values.heading].fillna("").astype("str").str.strip() != ""
    first = cells[order.heading] != cells[order.heading].shift()
    return bool(filled[first].all() and not filled[~first].any() and (~first).any())


def detail_rows(sample: Sample, order: Values, amount: Values, codes: Iterable[Values]) -> tuple[str, str, str] | None:
    """Where a code tells rows with the total of an order from those of its lines: heading, code of totals, of lines."""
    worth = numbers_of(sample, [amount])[amount.heading]
    for values in codes:
        kinds = sample.cells[values.heading].astype("str").str.strip()
        table = worth.groupby([sample.cells[order.heading].astype("str"), kinds]).agg(["sum", "size"]).unstack()
        for top, line in product(table["sum"], repeat=2):
            both = table["sum"][[top, line]].dropna()
            sizes = table["size"].loc[both.index]
            is_met = len(both) >= _ENOUGH and top != line and (sizes[top] == 1).all() and (sizes[line] > 1).any()
            if is_met and np.isclose(both[top], both[line], atol=_ROUNDING).mean() >= MATCH and both[line].any():
                return values.heading, top, line
    return None
