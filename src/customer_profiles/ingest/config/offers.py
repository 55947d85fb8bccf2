"""What may be offered to customers, where dataset.yaml says it."""

from __future__ import annotations

from pydantic import Field

from ..readers.file_format import Model
from .columns import Texts
from .faults import near


class Offers(Model):
    """What an offer is, and what is not offered."""

    item: str | None = Field(
        None, description="column of the order lines that names what is offered; otherwise category, else product_id"
    )
    exclude: Texts = Field((), description="what is never offered: not in stock, not sold any more")
    once: Texts = Field((), description="what nobody buys twice: not offered to whoever has it")


def check(offers: Offers, known: set[str]) -> None:
    """Refuse a column that no source of order lines fills.

    Raises
    ------
    ValueError
        Names the nearest known one.
    """
    if offers.item is not None and offers.item not in known:
        raise ValueError(f"offers: order lines have no column {offers.item!r}{near(offers.item, known)}")
