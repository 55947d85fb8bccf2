"""Cells that no rule refuses and that yet mean something else than dataset.yaml says: money, codes, lists, lines."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import yaml
from babel import Locale

from .carried import LIST
from .config.dataset import Dataset, Source
from .init.headings import plain, signs_of, synonyms
from .lists import entries_of
from .parsing.casting import kind_of
from .parsing.cells import as_numbers, as_texts, stripped
from .parsing.notation import Notation, Written

_MOST_CODES = 40
_SEVERAL = 0.1
"""Share of cells, rows or orders from which something is no accident."""


def texts_of(source: Source, cells: pd.DataFrame, name: str) -> pd.Series:
    """Cells of a column as texts, without what means no value."""
    return as_texts(stripped(cells[name], source.empty))[0]


def line(content: object) -> str:
    """A part of dataset.yaml on one line."""
    return yaml.safe_dump(content, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False).strip()


def of_money(source: Source, cells: pd.DataFrame, dataset: Dataset) -> Iterator[str]:
    """Amounts of several currencies or of refunds that would be added up, and prices of one piece."""
    money = [name for name in ("amount", "revenue", "income") if name in source.mapped]
    if not money or source.mapped[money[0]].value is not None:
        return
    own, read = source.mapped[money[0]], set(source.read_columns)
    given = own.model_dump(exclude_defaults=True) | ({"column": own.column} if own.column else {})
    amount = own.column or (own.origins[0] if own.origins else "")
    numbers = _numbers(source, cells, amount)
    unread = {name: texts_of(source, cells, name).dropna() for name in cells if name not in read}
    for name, texts in unread.items():
        codes = sorted(texts.unique()) if texts.nunique() <= _MOST_CODES else []
        if (
            codes
            and {code.upper() for code in codes} <= _currencies()
            and [code.upper() for code in codes] != [dataset.currency]
        ):
            rates = {code: 1.0 if code.upper() == dataset.currency else "RATE" for code in codes}
            yield (
                f"amounts are in {', '.join(codes[:5])} as {name!r} says, which is not read; write {money[0]}: "
                f"{line(given | {'times': {name: rates}})} with what one of each is worth in "
                f"{dataset.currency}, or leave the others out with 'where'"
            )
        if source.table != "transactions" or len(numbers) == 0:
            continue
        void = {code for code in codes if plain(code) in _words("void_codes")}
        signs = signs_of(codes) if (numbers >= 0).all() and not _words("refunds") & {plain(one) for one in read} else {}
        if signs:
            yield (
                f"{name!r}, which is not read, tells refunds, and no amount is below zero; write amount: "
                f"{line(given | {'times': {name: signs}})}"
            )
        if void and len(codes) > len(void):
            kept = {name: [code for code in codes if code not in void]}
            yield f"{name!r}, which is not read, tells of orders that came to nothing; write where: {line(kept)}"
        if plain(name) in _words("refunds"):
            refunds = _numbers(source, cells, name)
            if (refunds != 0).any():
                term = {"column": name, "factor": -1} if refunds.max() > 0 else name
                first = {"product": list(own.origins)} if own.product else amount
                yield f"{name!r} is not read; write amount: {line({'sum': [first, term]})} for what customers spent"
    if source.table == "transactions" and own.column and plain(amount) in _words("unit_price") | {"price", "preis"}:
        known = _words("quantities")
        quantity = next((name for name in cells if plain(name) in known and name != amount), None)
        if quantity and (_numbers(source, cells, quantity) != 1).any():
            yield (
                f"if {amount!r} is the price of one piece, write amount: {line({'product': [amount, quantity]})}, "
                "for there are orders of several"
            )


def of_order_lines(source: Source, cells: pd.DataFrame) -> Iterator[str]:
    """What only the first line of an order says, and totals of an order that each of its lines repeats."""
    order, amount = source.columns.get("order_id"), source.columns.get("amount")
    if source.table != "transactions" or order is None or order.column is None:
        return
    key = texts_of(source, cells, order.column)
    again = key.notna() & (key == key.shift())
    if again.mean() < _SEVERAL:
        return
    carried = {name for names in (*source.fill_down.values(), *source.once.values()) for name in names}
    others = [name for name in source.read_columns if name != order.column and name not in carried and name in cells]
    filled = {name: texts_of(source, cells, name).notna() for name in others}
    blank = [name for name in others if filled[name][~again].mean() > 0.9 and not filled[name][again].any()]
    money = {
        name
        for name in blank
        for role, of in source.mapped.items()
        if name in of.origins and kind_of(source, role, of) == "number"
    }
    if further := [name for name in blank if name not in money]:
        own = line({order.column: further})
        yield f"{', '.join(further)} stand only on the first line of an order: add fill_down: {own}"
    if amount is not None and amount.column in blank:
        yield (
            f"{amount.column!r} stands only on the first line of an order and is that of the whole order; write "
            f"what each line costs, e.g. amount: {_line_price(cells)}"
        )
    if amount is not None and amount.column in others and amount.column not in blank:
        lines = texts_of(source, cells, amount.column)[~cells.astype("str").duplicated()]  # equal articles may be two
        same = lines.groupby(key).agg(["size", "nunique"])
        same = same[same["size"] > 1]
        if len(same) > 5 and (same["nunique"] == 1).mean() > 0.95:
            yield (
                f"all lines of an order have the same {amount.column!r}: if it is the total of the order, add once: "
                f"{line({order.column: [amount.column]})}"
            )


def of_codes(source: Source, cells: pd.DataFrame) -> Iterator[str]:
    """Conditions, codes and lookups that meet little in the file, and lists taken for categories."""
    for name, wanted in source.where.items():
        seen = texts_of(source, cells, name)
        lacking = [value for value in wanted if value and not seen.isin([value]).any()]
        if lacking:
            low = [value.casefold() for value in lacking]
            like = sorted(str(text) for text in seen.dropna().unique() if text.casefold() in low)
            hint = f": write [{', '.join(like)}]" if like else ""
            none = "one of the values that" if len(lacking) == len(wanted) else f"the value {lacking[0]!r} that"
            yield f"no row has {none} 'where' asks for in {name!r}{hint}"
    for role, column in source.mapped.items():
        if column.column is None or column.column not in cells:
            continue
        seen = texts_of(source, cells, column.column).dropna()
        if column.values and len(seen) and not seen.isin(list(column.values)).any():
            yield f"none of the codes under 'values' of {role!r} is in the column {column.column!r}"
        if kind_of(source, role, column) == "category" and not column.values and column.includes is None:
            yield from _lists(role, column.column, seen)
    for lookup in source.lookups:
        found = cells[lookup.names].notna().to_numpy().any(axis=1).mean()
        if found < 0.5:
            how = f"only for {found:.0%} of the rows something" if found else "nothing"
            yield f"the lookup in {lookup.place} finds {how}: do {', '.join(lookup.on)} have the same values there?"


def _lists(role: str, heading: str, seen: pd.Series) -> Iterator[str]:
    """A column whose cells hold several values each."""
    if entries := entries_of(seen):
        own = line({role: {"column": heading, "each": entries}})
        yield (
            f"cells of {heading!r} are lists, each of which counts as a value of its own; take {role!r} away and write "
            f"under attributes: {own}"
        )


def _line_price(cells: pd.DataFrame) -> str:
    """Price of a line times its quantity, by the headings that there are."""
    price, quantity = (
        next((str(name) for name in cells if plain(name) in _words(kind)), kind.upper())
        for kind in ("unit_price", "quantities")
    )
    return line({"product": [price, quantity]})


def merged_column(source: Source, cells: pd.DataFrame, missing: pd.Series) -> str | None:
    """An unread column of customers that lists ids which nobody has."""
    for name in cells:
        if name not in source.read_columns:
            ids = texts_of(source, cells, name).dropna().str.findall(LIST).explode()
            if len(ids) and missing.isin(ids).mean() >= 0.5:
                return str(name)
    return None


def _numbers(source: Source, cells: pd.DataFrame, name: str) -> pd.Series:
    """Numbers of a column as far as they can be read."""
    if name not in cells:
        return pd.Series(dtype="float64")
    notation = Notation(source, [name], [])
    notation.learn(cells[[name]])
    written = notation.written if notation.written.decimal else Written(sign=source.sign)
    return as_numbers(texts_of(source, cells, name), written)[0].dropna()


def _words(kind: str) -> set[str]:
    return set(map(plain, synonyms()[kind]))


def _currencies() -> set[str]:
    return set(Locale("en").currencies)
