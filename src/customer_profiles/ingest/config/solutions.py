"""solutions.yaml: what the company does about its pains, read from beside dataset.yaml and proposed by every run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from ...errors import ConfigurationError
from ..readers.file_format import Model
from .derived import Condition, Known, all_met, fault
from .faults import near, read_model
from .yaml_file import write_yaml

NAME = "solutions.yaml"

HEADER = """\
# What could be done about the pains that this run found, worst first. Copy the file to the folder of dataset.yaml,
# keep what you mean to do, and fill in what is empty:
#   action           what is done; the name that reports use
#   pain             the pain it is meant for, as reports call it (topics.yaml keeps the names of themes)
#   owner            who sees to it; a department, rather than a person
#   cost             per year, in the currency of the data set; a range says how sure that is: [9000, 14000]
#   expected_effect  the share of the cases that will be gone: 0.3, 30 %, or a range: [0.2, 0.4]
#   started_on       first day on which customers noticed; the next run compares what was promised with what came
#   given_to         if only some customers got it: {region: Bayern}, {age: {min: 65}}; compared with the others
# An action without cost or expected effect is listed, but not ranked.
"""


def _range(given: Any) -> Any:
    """One number or two, as text, percent allowed; anything else is left to the model to refuse."""
    parts = given if isinstance(given, list) else [given]
    if given is None or not all(isinstance(part, str) for part in parts) or len(parts) not in (1, 2):
        return given
    try:
        ends = [float(part.removesuffix("%")) / (100 if part.endswith("%") else 1) for part in parts]
    except ValueError:
        return given
    return tuple(sorted((ends[0], ends[-1])))


Range = Annotated[tuple[float, float], BeforeValidator(_range)]


class Solution(Model):
    """An action in solutions.yaml."""

    action: str = Field(min_length=1, max_length=300, description="what is done; the name that reports use")
    pain: str = Field(min_length=1, description="the pain it is meant for, as reports call it")
    owner: str | None = Field(None, max_length=120, description="who sees to it")
    cost: Range | None = Field(None, description="cost per year, a number or a range such as [9000, 14000]")
    expected_effect: Range | None = Field(
        None, description="share of the cases that will be gone: 0.3, 30 %, or a range such as [0.2, 0.4]"
    )
    started_on: date | None = Field(None, description="first day on which customers noticed, YYYY-MM-DD")
    given_to: dict[str, Condition] = Field(
        default_factory=dict, description="column of the profile to what it has to be, where only some customers got it"
    )
    customers: int = Field(0, ge=0, description="customers whom the pain hit in the year before that run")

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if self.cost and not (self.cost[0] > 0 and np.isfinite(self.cost[1])):
            raise ValueError("'cost' must be above 0: leave it empty where it is not known")
        if self.expected_effect and not (self.expected_effect[0] > 0 and self.expected_effect[1] <= 1):
            raise ValueError("'expected_effect' is the share of the cases that will be gone, such as 0.3 or 30 %")
        return self


class SolutionsFile(Model):
    """Content of solutions.yaml."""

    solutions: tuple[Solution, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [solution.action for solution in self.solutions]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two actions are called {name!r}: give each a name of its own")
        return self


def read_solutions(path: Path, pains: Mapping[str, str], before: Collection[str] = ()) -> tuple[Solution, ...]:
    """The actions of solutions.yaml.

    Parameters
    ----------
    path : Path
        The file; empty result if there is none.
    pains : mapping of str to str
        Pains that this run found or could have found, by what they may be called in the file.
    before : collection of str
        Pains that earlier runs knew: one that is gone now is no mistake.

    Returns
    -------
    tuple of Solution
        Each with the name of its pain, whatever it is called in the file, upper or lower case.

    Raises
    ------
    ConfigurationError
        Names file, line, what is wrong, and what was probably meant. A pain that nobody knows is a mistake where one of
        nearly the same name is known; else it may be one that is gone.
    """
    if not path.exists():
        return ()
    given, lines = read_model(path, SolutionsFile)
    names = {name: name for name in before} | dict(pains)
    written_as = {called.strip().casefold(): name for called, name in names.items()}
    for at, solution in enumerate(given.solutions):
        if solution.pain.strip().casefold() not in written_as and (meant := near(solution.pain, pains)):
            line = lines[("solutions", at, "pain")]
            raise ConfigurationError(f"{path}: line {line}: no pain is called {solution.pain!r}{meant}")
    named = [written_as.get(s.pain.strip().casefold(), s.pain.strip()) for s in given.solutions]
    return tuple(s.model_copy(update={"pain": pain}) for s, pain in zip(given.solutions, named, strict=True))


def write_solutions(path: Path, proposed: Sequence[Solution]) -> None:
    """Write the actions that a run proposes.

    Parameters
    ----------
    path : Path
        In the folder of the run, never the file that a person edits.
    proposed : sequence of Solution
        Worst pain first.
    """
    rows = [
        {
            "action": each.action,
            "pain": each.pain,
            **dict.fromkeys(("owner", "cost", "expected_effect", "started_on")),
            "customers": each.customers,
        }
        for each in proposed
    ]
    write_yaml(path, HEADER, {"solutions": rows})


def table(solutions: Sequence[Solution]) -> pd.DataFrame:
    """Actions as a table.

    Returns
    -------
    DataFrame
        ``action, pain, owner, cost_low, cost_high, expected_low, expected_high`` (missing where not given; equal where
        one number is)``, started_on`` (a time, may be missing)``, partial`` (only some customers got it).
    """
    nothing = (np.nan, np.nan)
    rows = [
        (
            s.action,
            s.pain,
            s.owner,
            *(s.cost or nothing),
            *(s.expected_effect or nothing),
            s.started_on,
            bool(s.given_to),
        )
        for s in solutions
    ]
    columns = ["action", "pain", "owner", "cost_low", "cost_high", "expected_low", "expected_high"]
    found = pd.DataFrame(rows, columns=[*columns, "started_on", "partial"])
    return found.astype(dict.fromkeys(columns[3:], float) | {"started_on": "datetime64[us]", "partial": bool})


def given_to(
    solutions: Sequence[Solution], profile: pd.DataFrame, attributes: Mapping[str, Any], path: Path | str = NAME
) -> pd.DataFrame:
    """Who got each action.

    Parameters
    ----------
    solutions : sequence of Solution
    profile : DataFrame
        One row per customer.
    attributes : mapping
        Attributes of the data set, for the order of ordered ones.
    path : Path
        For the message.

    Returns
    -------
    DataFrame of bool, shape (customers, actions)
        Index of the profile; everybody where an action names nobody.

    Raises
    ------
    ConfigurationError
        If a column or value is unknown, with the nearest known one.
    """
    named = {name for solution in solutions for name in solution.given_to}
    spoken_of = [name for name in profile if name not in ("customer_no", "customer_id")]
    known = {name: _known(profile[name], attributes.get(name)) if name in named else Known(False) for name in spoken_of}
    for solution in solutions:
        for column, condition in solution.given_to.items():
            if message := fault(column, condition, known):
                raise ConfigurationError(f"{path}: {solution.action!r}, given_to: {message}")
    members = {s.action: all_met(profile, s.given_to, attributes) for s in solutions}
    return pd.DataFrame(members, index=profile.index).astype(bool)


def _known(column: pd.Series, attribute: Any) -> Known:
    """What a condition on a column of the profile may say."""
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if number or pd.api.types.is_bool_dtype(column):
        return Known(number, values=() if number else ("yes", "no"))
    order = tuple(attribute.order) if attribute is not None else ()
    return Known(False, order, tuple(sorted(map(str, column.dropna().unique()))))
