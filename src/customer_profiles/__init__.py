"""From raw customer exports to one profile per customer and to reports that can be trusted.

>>> import customer_profiles as cp
>>> data = cp.load("demo")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .front_door import load as load
    from .ingest.init import propose as init

__version__ = "0.1.0"
__all__ = ["init", "load"]


def __getattr__(name: str) -> object:
    """`load` and `init` come with pandas, which the command line does not wait for."""
    if name == "load":
        from .front_door import load

        return load
    if name == "init":
        from .ingest.init import propose

        return propose
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
