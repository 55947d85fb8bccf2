"""From a folder of raw exports to a first dataset.yaml, with the reason of every guess beside it."""

from __future__ import annotations

from .proposal import Proposal, propose

__all__ = ["Proposal", "propose"]
