"""What is said by several columns or rows together: price times quantity, refunds, titles, order fields on one line."""

from __future__ import annotations

from typing import Any

from .guesses import Guess
from .headings import plain, synonyms
from .sample import Values

_ONE_SIGN = ("€", "$", "£", "¥")


def composed_columns(guess: Guess) -> dict[str, tuple[Any, str]]:
    """Columns of the contract that are made of several of the export, with their reasons."""
    found: dict[str, tuple[Any, str]] = {}
    if guess.table == "transactions":
        found |= _amount(guess)
        found |= _discounts(guess)
    if guess.table in ("feedback", "tickets") and "text" in guess.columns:
        heading = guess.columns["text"].heading
        title = _named(guess, "titles", numbers=False)
        if title and title.heading != heading and title.heading not in guess.read:
            found["text"] = ({"join": [title.heading, heading]}, "heading and text of the same")
    return found


def _amount(guess: Guess) -> dict[str, tuple[Any, str]]:
    """Price times quantity where only a unit price is known; the amount without what was refunded."""
    price, quantity = _named(guess, "unit_price"), guess.columns.get("quantity")
    refund, amount = _named(guess, "refunds"), guess.columns.get("amount")
    if price and quantity and price.heading != quantity.heading:
        product: dict[str, Any] = {"product": [price.heading, quantity.heading]}
        if refund is None or not (refund.numbers > 0).any():
            return {"amount": (product, "a unit price; an amount is its product")}
        parts = [product, {"column": refund.heading, "factor": -1}]
        return {"amount": ({"sum": parts}, "a unit price times the quantity, without what was refunded")}
    if refund and amount and refund.heading != amount.heading and (refund.numbers >= 0).all():
        terms = [amount.heading, {"column": refund.heading, "factor": -1}]
        return {"amount": ({"sum": terms}, "without what was refunded")}
    return {}


def _discounts(guess: Guess) -> dict[str, tuple[Any, str]]:
    """All discounts of a line together."""
    words = set(synonyms()["discounts"])
    several = [
        values.heading
        for values in guess.sample.columns.values()
        if values.kind == "number" and words & set(plain(values.heading).split()) and values.has_fractions
    ]
    return {"discount": ({"sum": several}, "all discounts of a line")} if len(several) > 1 else {}


def carried(guess: Guess) -> dict[str, Any]:
    """Keys of the source for what some rows leave to others, and for a way to write that must be declared."""
    found: dict[str, Any] = {}
    columns = {role: guess.sample.columns.get(meaning.heading) for role, meaning in guess.columns.items()}
    at, amount, order = columns.get("at"), columns.get("amount"), columns.get("order_id")
    if at is not None and at.kind == "seconds" and all(len(text) == 10 for text in at.distinct[:100]):
        found["datetime"] = "unix"
    if amount is not None:
        signs = [sign for sign in _ONE_SIGN if amount.distinct.str.contains(sign, regex=False).any()]
        found |= {"sign": signs[0]} if len(signs) == 1 else {}
    if guess.table == "transactions" and order is not None:
        blank = [
            values.heading
            for values in columns.values()
            if values is not None and values.kind != "number" and _first_line_only(guess, order, values)
        ]
        found |= {"fill_down": {order.heading: blank}} if blank else {}
    merged = _named(guess, "merged_ids", numbers=False)
    if guess.table == "customers" and merged:
        found["merged_ids"] = merged.heading
    return found


def _first_line_only(guess: Guess, order: Values, values: Values) -> bool:
    """Whether a column is filled on the first line of each order and empty on the further ones."""
    if len(values.texts) >= values.rows or values.heading == order.heading:
        return False
    cells = guess.sample.cells
    filled = cells[values.heading].fillna("").astype("str").str.strip() != ""
    first = cells[order.heading] != cells[order.heading].shift()
    return bool(filled[first].all() and not filled[~first].any() and (~first).any())


def _named(guess: Guess, kind: str, numbers: bool = True) -> Values | None:
    """The first column whose heading is one of a list of synonyms."""
    known = set(map(plain, synonyms()[kind]))
    found = (values for values in guess.sample.columns.values() if plain(values.heading) in known)
    return next((values for values in found if (values.kind == "number") == numbers or not numbers), None)
