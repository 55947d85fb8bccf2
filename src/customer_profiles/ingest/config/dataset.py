"""dataset.yaml: the one file a company edits, checked before anything is read."""

from __future__ import annotations

import glob
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, NonNegativeFloat, PrivateAttr, ValidationError, model_validator

from ...codes import SEGMENT_NAME
from ...errors import ConfigurationError
from ...places import OF_AREA, measures
from ...tables import file_hash
from .. import contract
from ..engine import MEMORY_LIMIT, EngineName
from ..readers.file_format import FileFormat, Lookup, Model
from . import derived as rules
from . import ideal_customer, targets
from . import offers as stock
from . import outcome as outcomes
from . import subscription as contracts
from . import vulnerability as care
from .columns import Clock, Column, Decimal, ExtraColumn, Form, Texts, Thousands, Unpivot
from .derived import Attribute, Derived
from .faults import absent, explain, near
from .own_names import with_own_names
from .settings import Cleaning, Identity, Privacy, System, TextModels, Visitors
from .yaml_file import read_yaml

# Bands that market research and official statistics use for adults; derived from an age where none is given.
AGE_BANDS = ("under 18", "18–24", "25–34", "35–44", "45–54", "55–64", "65+")
AGE_BAND_STARTS = (0, 18, 25, 35, 45, 55, 65)
# Size classes of companies by staff and by yearly revenue (Commission Recommendation 2003/361/EC).
EMPLOYEES_BANDS, EMPLOYEES_BAND_STARTS = ("1–9", "10–49", "50–249", "250+"), (0, 10, 50, 250)
REVENUE_BANDS = ("under 2 million", "2–10 million", "10–50 million", "50 million and more")
REVENUE_BAND_STARTS = (0, 2_000_000, 10_000_000, 50_000_000)


_OF_AREA = {"en": "{} of the area", "de": "{} des Gebiets"}


class Source(FileFormat):
    """One export and how it fills one canonical table."""

    name: str = Field(pattern=r"^[a-z0-9_]+$", description="short name, shown in the report")
    system: System = Field(description="kind of system it comes from")
    table: str = Field(description="canonical table it fills")
    columns: dict[str, Column] = Field(min_length=1, description="canonical column to column of the source")
    attributes: dict[str, ExtraColumn] = Field(default_factory=dict, description="further columns to keep")
    decimal: Decimal | None = Field(None, description="decimal sign; otherwise as the file shows")
    thousands: Thousands | None = Field(None, description="thousands sign, if the file has one")
    sign: str | None = Field(None, min_length=1, description="sign of the currency that stands beside amounts, e.g. €")
    date: Form | None = Field(None, description="how days are written, e.g. %d.%m.%Y; otherwise as the file shows")
    datetime: Clock | None = Field(
        None, description="how points in time are written, or unix for seconds since 1970; otherwise ISO or as shown"
    )
    time_zone: str | None = Field(None, description="zone the file's times are in; otherwise that of the data set")
    empty: Texts = Field(("",), description="texts that mean 'no value'")
    ids: str = Field("customer", pattern=r"^[a-z0-9_]+$", description="name space of customer_id")
    account_ids: str = Field("customer", pattern=r"^[a-z0-9_]+$", description="name space of a contact's account_id")
    key: Literal["email", "phone"] | None = Field(None, description="finds the customer where there is no customer_id")
    duplicates: Literal["drop", "keep"] = Field("drop", description="rows equal to an earlier one in every cell")
    fill_down: dict[str, Texts] = Field(
        default_factory=dict, description="key such as an order number to columns that only its first row fills"
    )
    once: dict[str, Texts] = Field(
        default_factory=dict, description="key such as an order number to number columns that each of its rows repeats"
    )
    merged_ids: str | None = Field(None, description="column with a list of former ids of the same customer")
    unpivot: Unpivot | None = Field(None, description="columns side by side that become rows of their own")
    lookups: tuple[Lookup, ...] = ()
    where: dict[str, Texts] = Field(
        default_factory=dict, description="column of the source to the values a row must have, others are left out"
    )

    @model_validator(mode="before")
    @classmethod
    def _lists_become_columns(cls, given: Any) -> Any:
        """Each entry of ``each`` as a column of yes and no."""
        if not isinstance(given, dict):
            return given
        attributes = dict(given.get("attributes") or {})
        lists = {name: column for name, column in attributes.items() if isinstance(column, dict) and "each" in column}
        for name, column in lists.items():
            del attributes[name]
            rest = {key: value for key, value in column.items() if key not in ("each", "label")}
            words = column["each"] if isinstance(column["each"], list) else [column["each"]]
            for word in words:
                slug = re.sub(r"\W+", "_", str(word).casefold()).strip("_")
                attributes[f"{name}_{slug}"] = {**rest, "includes": word, "label": {"en": str(word)}}
        return given | {"attributes": attributes} if lists else given

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in contract.TABLES:
            raise ValueError(f"unknown table {self.table!r}{near(self.table, contract.TABLES)}")
        if self.time_zone is not None:
            _check_zone(self.time_zone)
        if self.where and "consent" in self.columns:
            raise ValueError("'where' could leave out the row in which somebody objects: use a source without it")
        if self.merged_ids and self.table != "customers":
            raise ValueError("'merged_ids' is possible for customers")
        if self.unpivot and self.unpivot.name == self.unpivot.value:
            raise ValueError("'name' and 'value' of 'unpivot' are two columns")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("'decimal' and 'thousands' cannot be the same sign")
        fields = contract.TABLES[self.table]
        known = {*fields, *([self.key] if self.key else [])}
        for name in self.columns:
            if name not in known and self.table != "areas":
                extra = (
                    "" if self.table not in contract.EXTENSIBLE else "; columns of your own belong under 'attributes'"
                )
                raise ValueError(f"table {self.table!r} has no column {name!r}{near(name, known)}{extra}")
        if self.attributes and self.table not in contract.EXTENSIBLE:
            raise ValueError(f"'attributes' are possible for {', '.join(contract.EXTENSIBLE)}, not for {self.table!r}")
        for name in self.attributes:
            if name in fields:
                raise ValueError(f"{name!r} is a column of the contract: move it from 'attributes' to 'columns'")
            if contract.is_taken(self.table, name):
                raise ValueError(_taken(name))
        for name, column in self.mapped.items():
            kind = fields[name].kind if name in fields else "number" if self._is_number(name, column) else "category"
            if column.has_rule and kind != "id":
                raise ValueError(
                    f"{name!r}: 'cut', 'pad', 'lower', 'replace' and 'row' are for ids, which this column does not hold"
                )
            if column.row and (self.unpivot or glob.has_magic(self.place)):
                raise ValueError(f"{name!r}: rows of several files have the same numbers: 'row' needs one file")
            if column.times and kind not in ("number", "integer"):
                raise ValueError(f"{name!r}: 'times' multiplies a number, which this column does not hold")
            if column.each:
                raise ValueError(f"{name!r}: lists with 'each' belong under 'attributes'")
            if column.missing is not None and not self._is_category(name, column):
                raise ValueError(f"{name!r}: 'missing' names a category, which this column does not hold")
        needed = {name for name, field in fields.items() if field.required} - set(self.columns)
        if self.key:
            if self.table not in contract.WITH_CUSTOMERS:
                raise ValueError(f"'key' is possible for {', '.join(contract.WITH_CUSTOMERS)}")
            if self.key not in self.columns:
                raise ValueError(f"key {self.key!r} needs an entry {self.key!r} under 'columns'")
            needed -= {"customer_id"}
        if self.table == "population" and not {"share", "count"} & set(self.columns):
            needed |= {"share"}
        if needed:
            raise ValueError(f"table {self.table!r} needs the columns {', '.join(sorted(needed))}")
        return self

    def _is_number(self, name: str, column: Column) -> bool:
        return getattr(column, "number", False) or (self.table == "areas" and name not in self.attributes)

    def _is_category(self, name: str, column: Column) -> bool:
        known = contract.TABLES[self.table].get(name)
        if column.is_yes_or_no or getattr(column, "number", False) or (known is None and self.table == "areas"):
            return False
        return (known is None or known.kind == "category") and (not column.order or column.missing in column.order)

    @property
    def drops_repeats(self) -> bool:
        """Whether equal rows are one; where the rows are counted as ids, two equal ones are two."""
        return self.duplicates == "drop" and not any(column.row for column in self.columns.values())

    @property
    def read_columns(self) -> list[str]:
        """Columns its own files must have, sorted: those of lookups come from other files."""
        looked_up: set[str] = set()
        needed: set[str] = set()
        if self.unpivot:
            needed |= set(self.unpivot.columns)
            looked_up |= {self.unpivot.name, self.unpivot.value}
        for lookup in self.lookups:
            needed |= set(lookup.on) - looked_up
            looked_up |= set(lookup.names)
        read = {name for column in self.mapped.values() for name in column.reads} | set(self.where)
        read |= {
            name for carried in (self.fill_down, self.once) for key, names in carried.items() for name in (key, *names)
        }
        read |= {self.merged_ids} if self.merged_ids else set()
        return sorted(needed | (read - looked_up))

    @property
    def mapped(self) -> dict[str, Column]:
        """Columns of the contract and further attributes together."""
        return {**self.columns, **self.attributes}


class Dataset(Model):
    """A company's data set, as dataset.yaml describes it."""

    name: str = Field(pattern=r"^[a-z0-9_]+$", description="short name, names the folder of its reports")
    title: str = Field(description="name shown on the report")
    kind: Literal["b2c", "b2b"] = Field("b2c", description="whether customers are persons or companies")
    language: Literal["en", "de"] = Field("en", description="language of the report")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of all amounts")
    time_zone: str = Field("Europe/Berlin", description="zone in which days begin")
    as_of: date | None = Field(None, description="date of the run; otherwise today")
    origin: str = Field("", description="where the files come from, told when one is missing")
    privacy: Privacy = Privacy()
    cleaning: Cleaning = Cleaning()
    identity: Identity = Identity()
    visitors: Visitors = Visitors()
    text: TextModels = TextModels()
    derived: dict[str, Derived] = Field(
        default_factory=dict, description="attribute such as life_stage to the rules by which it follows from others"
    )
    segment_by: tuple[str, ...] = Field(
        (), description="columns that segments are made of; otherwise what customers do, and who they are"
    )
    vulnerability: dict[str, care.Indicator] = Field(
        default_factory=dict, description="sign that a customer may need particular care to its driver and its rule"
    )
    ideal: ideal_customer.IdealCustomer = ideal_customer.IdealCustomer()
    outcome: outcomes.Outcome | None = Field(None, description="column that says who accepted, was won or left")
    subscription: contracts.Subscription | None = Field(
        None, description="columns that say how long a contract has run and what is paid for it"
    )
    offers: stock.Offers = stock.Offers()
    labels: dict[str, dict[str, str]] = Field(
        {}, description="value, event, action or source as it stands in the data, to its name on a page by language"
    )
    segments: dict[int, dict[str, str]] = Field(
        default_factory=dict, description="number of a segment to the name that it is called by, by language"
    )
    kpis: dict[str, targets.Target] = Field({}, description="key figure such as sales to its target and own total")
    source_costs: dict[str, NonNegativeFloat] = Field({}, description="source of visits to its cost a month")
    layouts: dict[str, dict[str, str]] = Field({}, description="system of an export to column here and name there")
    engine: EngineName = Field("duckdb", description="what computes the profile: duckdb, or spark for a cluster")
    memory_limit: str | None = Field(
        None,
        pattern=MEMORY_LIMIT,
        description="memory of the engine, e.g. 2GB; beyond it, it uses the disk; otherwise 3GB or half the machine's",
    )
    sources: tuple[Source, ...] = Field(min_length=1)
    _file: Path = PrivateAttr(default=Path("dataset.yaml"))

    @model_validator(mode="after")
    def _sources_fit_together(self) -> Self:
        _check_zone(self.time_zone)
        targets.check_names(self.kpis)
        stock.check(self.offers, {name for source in self.filled("transactions") for name in source.mapped})
        names = [source.name for source in self.sources]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two sources are called {', '.join(sorted(twice))}: give each its own name")
        if not {source.table for source in self.sources} & {"customers", "transactions"}:
            raise ValueError("at least one source must fill the table customers or transactions")
        if self.kind == "b2c" and self.filled("contacts"):
            name = self.filled("contacts")[0].name
            raise ValueError(f"source {name!r}: contacts are persons at companies; add 'kind: b2b', or fill customers")
        for name in self.derived:
            if contract.is_taken("customers", name):
                raise ValueError(_taken(name))
        for source in self.sources:
            for name, column in source.mapped.items():
                special = any(contract.is_special_category(text) for text in (name, *column.reads))
                if special and not self.privacy.legal_basis.get(name):
                    raise ValueError(
                        f"source {source.name!r}: {name!r} looks like a special category of personal data (Art. 9 "
                        f"GDPR); leave it out, or name its legal basis as privacy: legal_basis: {{{name}: …}}"
                    )
        return self

    @property
    def file(self) -> Path:
        """The dataset.yaml it was read from."""
        return self._file

    @property
    def folder(self) -> Path:
        """Folder that paths of sources are relative to."""
        return self._file.parent

    @property
    def file_hash(self) -> str:
        """SHA-256 of dataset.yaml, for the manifest."""
        return file_hash(self._file)

    @property
    def zone(self) -> ZoneInfo:
        """Time zone in which days begin."""
        return ZoneInfo(self.time_zone)

    def filled(self, table: str) -> list[Source]:
        """Sources that fill a table, in the order of the file."""
        return [source for source in self.sources if source.table == table]

    def attributes(self) -> dict[str, Attribute]:
        """Columns of the profile that describe a customer: of the contract, of one's own, and derived; by name."""
        return self._given() | {
            name: Attribute(
                name=name,
                label=of.label or _label(name),
                kind="ordered" if of.order else "category",
                order=of.order,
                derived=of,
            )
            for name, of in self.derived.items()
        }

    def orders(self) -> dict[str, list[str]]:
        """Values of ordered attributes, from low to high."""
        own = {name: list(known.order) for name, known in self.attributes().items() if known.order}
        return rules.orders_beside(self.filled("leads")) | own

    def ingredients(self) -> dict[str, tuple[str, ...]]:
        """Columns of the profile that each derived attribute is made of, by its name."""
        return {name: of.made_of for name, of in self.derived.items()}

    def describing(self) -> list[str]:
        """Attributes by which an ideal customer may be recognised; none that says why somebody left."""
        level = [contract.DECISION_LEVEL for source in self.filled("contacts") if "role" in source.mapped]
        own = [name for name, of in self.attributes().items() if not of.reason]
        return list(self.ideal.described_by) or own + level[:1]

    def of_worth(self) -> set[str]:
        """Columns that say by definition what a customer is worth, or who stays: amounts, the outcome, the contract."""
        agreed, outcome = self.subscription, self.outcome
        given = [self.ideal.value or "spend", "status", outcome and outcome.column]
        given += [agreed.months, agreed.charge, agreed.by] if agreed else []
        return {name for name in given if name}

    def wrong_rules(self) -> list[dict[str, Any]]:
        """What rules of derived attributes cannot mean, see `derived.faults`, and columns that nothing fills."""
        mapped = {name for source in self.filled("customers") for name in source.mapped}
        known = rules.columns(self._given(), self._values(), mapped, {source.table for source in self.sources})
        known |= {
            f"{OF_AREA}{name}": rules.Known(_attribute(name, column).kind == "number" or name in source.columns)
            for source in self.filled("areas")
            for name, column in source.mapped.items()
            if name in measures(list(source.mapped))
        }
        found = list(rules.faults(self.derived, known, self.privacy.legal_basis))
        found += rules.unknown(self.segment_by, {*known, *self.derived}, ("segment_by",))
        made = {name: rules.Known(False, of.order, of.values) for name, of in self.derived.items()}
        found += ideal_customer.faults(self.ideal, known | made)
        found += outcomes.faults(self.outcome, known | made)
        found += contracts.faults(self.subscription, known | made)
        return found + list(care.faults(self.vulnerability, known | made, self.privacy.legal_basis))

    def _given(self) -> dict[str, Attribute]:
        """Attributes that sources fill."""
        mapped: dict[str, Column] = {}
        for source in self.filled("customers"):
            for name, column in source.mapped.items():
                mapped.setdefault(name, column)
        found = {name: _attribute(name, mapped[name]) for name in contract.traits() if name in mapped}
        banded = "bands" not in self.cleaning.off
        if {"age", "birth_date"} & mapped.keys() and "age_band" not in mapped and banded:
            found["age_band"] = Attribute(name="age_band", label=_label("age_band"), kind="ordered", order=AGE_BANDS)
        if "birth_date" in mapped:
            found.setdefault("age", Attribute(name="age", label=_label("age"), kind="number"))
        for number, bands in (("employees", EMPLOYEES_BANDS), ("revenue", REVENUE_BANDS)):
            if number in mapped and f"{number}_band" not in mapped and banded:
                name = f"{number}_band"
                found[name] = Attribute(name=name, label=_label(name), kind="ordered", order=bands)
        own = [name for name in mapped if name not in contract.TABLES["customers"]]
        return found | {name: _attribute(name, mapped[name]) for name in own}

    def _values(self) -> dict[str, tuple[str, ...]]:
        """All values of the attributes whose sources declare them, by attribute."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self._given():
            columns = [source.mapped[name] for source in self.filled("customers") if name in source.mapped]
            field = contract.TABLES["customers"].get(name)
            listed = [column.listed or (field.allowed if field else ()) for column in columns]
            if columns and all(listed):
                found[name] = tuple(dict.fromkeys(value for values in listed for value in values))
        return found

    def vocabulary(self) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
        """Names that the file gives attributes, and those of values and segments; the contract's are in catalogues."""
        named = {
            name: column.label for source in self.sources for name, column in source.attributes.items() if column.label
        }
        for source in self.filled("areas"):
            for name in measures(list(source.mapped)):
                label = named.get(name) or _label(name)
                ends = {
                    language: _OF_AREA[language].format(text)
                    for language, text in label.items()
                    if language in _OF_AREA
                }
                named[f"{OF_AREA}{name}"] = ends
        named |= {name: of.label for name, of in self.derived.items() if of.label}
        named |= {name: of.label for name, of in self.vulnerability.items() if of.label}
        if self.outcome and self.outcome.label:
            named["outcome"] = self.outcome.label
        values = {rule.value: rule.label for of in self.derived.values() for rule in of.rules if rule.label}
        segments = {SEGMENT_NAME.format(number): label for number, label in self.segments.items()}
        return named, values | self.labels | segments


def load_dataset(path: str | Path) -> Dataset:
    """Read and check a dataset.yaml.

    Raises
    ------
    ConfigurationError
        Names file, line and place of every fault; an unknown key comes with the nearest known one.
    """
    path = Path(path).resolve()
    if not path.exists():
        raise ConfigurationError(absent(path))
    content, lines = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is empty or not a list of 'key: value' lines")
    try:
        dataset = Dataset.model_validate(with_own_names(content))
        faults: list[Any] = dataset.wrong_rules()
    except ValidationError as error:
        # A list whose entries are all wrong is not too short besides.
        faults = [fault for fault in error.errors() if fault["type"] != "too_short" or not fault["input"]]
    if faults:
        told = [explain(fault, content, lines, Dataset) for fault in faults]
        raise ConfigurationError(f"{path}: " + "; ".join(told))
    dataset._file = path
    return dataset


def _attribute(name: str, column: Column) -> Attribute:
    field = contract.TABLES["customers"].get(name)
    number = field.kind in ("integer", "number") if field else getattr(column, "number", False)
    kind = "number" if number else "ordered" if column.order else "category"
    label = getattr(column, "label", None) or _label(name)
    reason = getattr(column, "reason", False)
    return Attribute(name=name, label=label, kind=kind, order=column.order or (), reason=reason, missing=column.missing)


def _taken(name: str) -> str:
    made = f"{name!r} is a column that the product makes itself: choose another name such as 'own_{name}'"
    return f"{made}, and say how it is called on a page as label: {{en: …}}"


def _label(name: str) -> dict[str, str]:
    return {"en": name.replace("_", " ").capitalize()}


def _check_zone(name: str) -> None:
    if name not in _zones():
        raise ValueError(f"unknown time zone {name!r}{near(name, _zones())}")


@cache
def _zones() -> frozenset[str]:
    """Names of all time zones; asking for them opens each of their files."""
    return frozenset(available_timezones())
