"""A demo company that knows its truth: raw exports as such systems write them, and what was planted in them."""

from .company import make_company

__all__ = ["make_company"]
