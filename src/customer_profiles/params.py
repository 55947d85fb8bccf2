"""Everything a run may change, with unit and range; notebooks repeat the defaults as literals."""

from __future__ import annotations

import ast
import difflib
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .errors import ConfigurationError
from .messages import N_


class Params(BaseModel):
    """Parameters that every chapter has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    dataset: str = Field("demo", description=N_("name of a folder under data/, or path of a dataset.yaml"))
    as_of: str = Field("", description=N_("date of the run, YYYY-MM-DD; empty: as dataset.yaml says, else today"))
    language: Literal["", "en", "de"] = Field("", description=N_("language of the report; empty: as dataset.yaml says"))
    run_folder: str = Field(
        "", description=N_("folder for tables and results; empty: the working folder of the data set")
    )
    seed: int = Field(1, ge=0, le=2**32 - 1, description=N_("seed of everything random"))

    @field_validator("as_of")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        if value:
            try:
                date.fromisoformat(value)
            except ValueError:
                raise ValueError("expected a day as YYYY-MM-DD, for example 2025-12-31") from None
        return value

    @classmethod
    def check(cls, values: dict[str, Any]) -> Self:
        """Validate parameters by name.

        Raises
        ------
        ConfigurationError
            Names each unknown parameter with its nearest known one, and each value with what was expected.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise ConfigurationError("; ".join(_explain(cls, e) for e in error.errors())) from None

    @classmethod
    def from_notebook(cls, namespace: dict[str, Any]) -> Self:
        """Read the parameters from a notebook's ``globals()`` right after its parameters cells.

        Papermill writes what it was given into a cell of its own without asking whether anybody reads it, so
        the names assigned in such cells are collected from the history and an unknown one is refused. A cell
        that names every parameter, run once more by hand, takes the place of what it was before.
        """
        fields, by_hand = set(cls.model_fields), not namespace.get("run_folder")
        named: set[str] = set()
        for source in namespace.get("In", []):
            if source.startswith("# Parameters"):
                assigned = _assigned(source)
                named = assigned if by_hand and fields <= assigned else named | assigned
        names = sorted((fields | named) & namespace.keys())
        return cls.check({name: namespace[name] for name in names})


class CollectData(Params):
    """Parameters of 01_collect_data."""

    max_age_days: int = Field(
        365, ge=1, le=3650, description=N_("days after which a value or a customer's last trace is too old to act on")
    )


class FindDemographics(Params):
    """Parameters of 02_find_demographics."""

    compare: str = Field(
        "",
        description=N_(
            "group to describe, 'column=value' of the profile, 'segment=2', 'category=…' (buyers) or 'pain=…'; empty: "
            "all against the reference population, or the best customers against the rest where there is none"
        ),
    )
    min_base: int = Field(50, ge=10, description=N_("smallest base of an index, customers"))

    @field_validator("compare")
    @classmethod
    def _names_a_group(cls, value: str) -> str:
        name, sign, wanted = (part.strip() for part in value.partition("="))
        if value and not (name and sign and wanted):
            raise ValueError("expected 'column=value', for example region=Bayern or segment=2")
        return value


class AnalysePainPoints(Params):
    """Parameters of 03_analyse_pain_points."""

    max_themes: int = Field(12, ge=2, le=40, description=N_("largest number of themes looked for in each language"))


class AnalyseFeedback(Params):
    """Parameters of 04_analyse_feedback."""

    min_answers: int = Field(30, ge=10, description=N_("smallest number of answers a score is shown for"))
    max_themes: int = Field(12, ge=2, le=40, description=N_("largest number of themes looked for in each language"))


class SegmentCustomers(Params):
    """Parameters of 05_segment_customers."""

    max_segments: int = Field(8, ge=2, le=12, description=N_("largest number of segments tried"))
    bootstraps: int = Field(50, ge=20, le=1000, description=N_("resamples behind each stability figure"))


class FollowJourneys(Params):
    """Parameters of 06_follow_journeys."""

    steps: int = Field(6, ge=3, le=12, description=N_("steps of a path that are shown"))
    simulations: int = Field(200, ge=50, le=2000, description=N_("resamples behind each interval of a contribution"))


class PredictValue(Params):
    """Parameters of 07_predict_value."""

    horizon_months: int = Field(12, ge=1, le=36, description=N_("months that are foreseen"))
    discount_rate: float = Field(0.1, ge=0, le=1, description=N_("yearly rate by which later money counts less"))
    capacity: int = Field(200, ge=1, description=N_("customers who can be called"))
    save_rate: float = Field(0.1, ge=0, le=1, description=N_("share of those who would be lost that a call keeps"))
    offer_days: int = Field(180, ge=7, le=365, description=N_("days within which an offer is to be bought"))


class FindTargets(Params):
    """Parameters of 08_find_targets."""

    response_days: int = Field(
        30, ge=1, le=365, description=N_("days after a contact in which an order counts as following it")
    )
    control_share: float = Field(
        0.0, ge=0, lt=1, description=N_("share of customers that campaigns were to hold back; 0: not known")
    )
    margin: float = Field(0.0, ge=0, le=1, description=N_("part of the spend that is margin; 0: not known"))
    contact_cost: float = Field(0.0, ge=0, description=N_("cost of a contact, where the campaigns have no cost"))
    capacity: int = Field(200, ge=1, description=N_("customers who can be addressed for each purpose"))
    budget: float = Field(0.0, ge=0, description=N_("what all contacts may cost together; 0: no limit"))


class PlanActions(Params):
    """Parameters of 09_plan_actions."""

    follow_up_days: int = Field(
        90, ge=14, le=365, description=N_("days after a case is closed in which a score counts as its outcome")
    )


class DescribeCustomers(Params):
    """Parameters of 10_describe_customers."""

    traits: int = Field(10, ge=3, le=20, description=N_("traits on each profile"))


class TrackChanges(Params):
    """Parameters of 11_track_changes."""

    compare_with: str = Field(
        "", description=N_("run to compare with: its name, or its day as YYYY-MM-DD; empty: the last published run")
    )


class Summary(Params):
    """Parameters of 00_summary."""

    key_findings: int = Field(8, ge=3, le=20, description=N_("findings shown on the first page"))


class OneCustomer(Params):
    """Parameters of one_customer, the notebook that shows a brief."""

    customer: str = Field("", description=N_("pseudonym of the customer, or SPACE:ID with the id of one system"))
    identify: bool = Field(False, description=N_("show the name and the addresses, too"))


def _assigned(source: str) -> set[str]:
    """Names assigned at the top level of a cell."""
    targets = [t for node in ast.parse(source).body if isinstance(node, ast.Assign) for t in node.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _explain(cls: type[Params], error: Any) -> str:
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, cls.model_fields, n=1)
        return f"unknown parameter {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
    hint = " (with papermill, -r keeps a text as it is)" if error["type"] == "string_type" else ""
    return f"parameter {name!r}: {error['msg']}{hint}; it is: {cls.model_fields[name].description}"
