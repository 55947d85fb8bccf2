"""What every question needs of a run: its tables, its rules, and the columns that say who customers are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import ConfigurationError
from ..ingest.config.suggest import nearest

if TYPE_CHECKING:
    from ..front_door import Answer
    from ..ingest.config.dataset import Dataset
    from ..privacy.disclosure import Gate
    from ..results import Result

Names = Sequence[str] | None


class Asked:
    """A run that is asked; `front_door.Data` says where its tables are."""

    dataset: Dataset
    as_of: date
    gate: Gate

    def _read(self, name: str) -> pd.DataFrame:
        """A table of the run; that of the contract without rows where no source fills it."""
        raise NotImplementedError

    def _answer(self, result: Result) -> Answer:
        raise NotImplementedError

    def _chosen(self, attributes: Names, usual: Sequence[str]) -> list[str]:
        """The columns that were asked for, or the usual ones."""
        profile = self._read("profile")
        for name in attributes or ():
            if name not in profile:
                near = nearest(name, profile)
                raise ConfigurationError(
                    f"the profile has no column {name!r}" + (f", did you mean {near!r}?" if near else "")
                )
        return list(usual if attributes is None else attributes)

    @cached_property
    def _traits(self) -> list[str]:
        from ..analysis.demographics import audience

        return audience.traits(self._read("profile"), self.dataset.attributes())

    @cached_property
    def _behaviour(self) -> list[str]:
        from ..analysis.demographics import audience

        return audience.behaviour(self._read("profile"))

    @cached_property
    def _groups(self) -> list[str]:
        from ..analysis.demographics import audience

        return audience.groups(self._read("profile"), self.dataset.attributes())
