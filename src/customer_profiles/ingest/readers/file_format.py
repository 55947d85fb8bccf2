"""How a file or a database is read, as dataset.yaml says it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from .sql import check_request, statement

Format = Literal["csv", "excel", "parquet", "jsonl", "json", "sqlite"]
FORMAT_OF_ENDING: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
DATABASES = ("sqlite", "postgresql")
SECRET_STAYS_OUT = (
    "a connection string holds a password and has no place in a file: put it into an environment variable and write "
    "its name here, as in 'database: env:SHOP_DATABASE'"
)


def composed(value: Any) -> Any:
    """Texts with composed letters, as those of files are compared: ä may also be written as a and two dots."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    return {composed(key): composed(item) for key, item in value.items()} if isinstance(value, dict) else value


class Model(BaseModel):
    """A part of dataset.yaml: an unknown key is an error, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(Model):
    """How a file is written; what is left out is told from the file if it proves it, and then stated."""

    path: str | None = Field(
        None, description="path relative to dataset.yaml, a pattern such as raw/orders_*.csv, or package:NAME/…"
    )
    database: str | None = Field(
        None, description="a PostgreSQL database: env:NAME, the environment variable that holds its connection string"
    )
    query: str | None = Field(None, description="SELECT … that a database answers")
    db_table: str | None = Field(None, description="instead of a query: table or view of the database, or schema.table")
    format: Format | None = Field(
        None, description="csv, excel, parquet, jsonl, json or sqlite; otherwise told by the file's ending"
    )
    records: str | None = Field(None, description="where a JSON document has its list of records, e.g. data.orders")
    encoding: str | None = Field(None, description="of text files, e.g. cp1252; otherwise as the file shows")
    delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="between cells of a CSV file, \\t for tabs; otherwise as it shows"
    )
    escape: Literal["\\"] | None = Field(None, description="\\ if it stands before quotes inside a quoted cell")
    sheet: str | None = Field(None, description="sheet of a workbook; otherwise its only one")
    header: Annotated[tuple[str, ...], BeforeValidator(composed)] = Field(
        (), description="names of its columns from left to right, if no row of the file names them"
    )
    skip_rows: int | None = Field(None, ge=0, description="lines above the column names; otherwise as the file shows")
    units_row: Annotated[bool | int, AfterValidator(int)] = Field(
        0, ge=0, le=9, description="rows of units or explanations below the column names: true for one, or how many"
    )
    last_rows: int = Field(0, ge=0, description="rows at the end that are totals or notes")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if given.get("delimiter") == "\\t":
            given = given | {"delimiter": "\t"}
        kind = given.get("format") or FORMAT_OF_ENDING.get(Path(str(given.get("path"))).suffix.lower())
        if given.get("encoding") is None and kind not in (None, "csv"):
            given = given | {"encoding": "utf-8"}  # the only one that JSON may have
        return given

    @field_validator("database")
    @classmethod
    def _by_its_variable_only(cls, given: str | None) -> str | None:
        if given is not None and not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", given):
            raise ValueError(SECRET_STAYS_OUT)
        return given

    @model_validator(mode="after")
    def _known_format(self) -> Self:
        if (self.path is None) == (self.database is None):
            raise ValueError("give either 'path' (a file) or 'database' (env:NAME, for PostgreSQL)")
        if self.path is not None and "://" in self.path:
            database = re.match(r"(?:postgres|mysql|mariadb|mssql|oracle|sqlite)\w*(?:\+\w+)?://", self.path)
            raise ValueError(SECRET_STAYS_OUT if database else "'path' is a file on this machine: download it first")
        if self.path is not None and self.format is None and Path(self.path).suffix.lower() not in FORMAT_OF_ENDING:
            raise ValueError(
                "the ending of 'path' does not tell its format: add 'format: csv' (excel, parquet, jsonl, json, sqlite)"
            )
        if self.database is not None and self.format is not None:
            raise ValueError("'format' is for files; leave it out beside 'database'")
        if self.kind in DATABASES:
            check_request(self.query, self.db_table)
        elif self.query is not None or self.db_table is not None:
            raise ValueError("'query' and 'db_table' are for databases: use 'database', or a 'path' to a SQLite file")
        if self.header and self.kind not in ("csv", "excel"):
            raise ValueError("'header' is for CSV files and workbooks")
        if twice := {name for name in self.header if self.header.count(name) > 1}:
            raise ValueError(f"'header' names {', '.join(sorted(twice))} twice")
        if self.records is not None and self.kind != "json":
            raise ValueError("'records' is for JSON documents ('format: json')")
        try:
            "".encode(self.encoding or "utf-8")
        except LookupError:
            raise ValueError(f"unknown encoding {self.encoding!r}") from None
        return self

    @property
    def kind(self) -> Format | Literal["postgresql"]:
        """Format as given or told by the ending, or the kind of database."""
        if self.path is None:
            return "postgresql"
        return self.format or FORMAT_OF_ENDING[Path(self.path).suffix.lower()]

    @property
    def place(self) -> str:
        """Where it is read, as dataset.yaml says: a path, or the variable of a database."""
        return self.path or self.database or ""

    @property
    def statement(self) -> str:
        """What a database is asked."""
        return statement(self.query, self.db_table)


class Lookup(FileFormat):
    """Columns joined from another file before the source is mapped."""

    on: Annotated[dict[str, str], BeforeValidator(composed)] = Field(
        min_length=1, description="column of the source to column of this file"
    )
    take: Annotated[tuple[str, ...], BeforeValidator(composed)] = Field(
        min_length=1, description="columns to add to the source"
    )
    prefix: str = Field("", description="what the names of these columns begin with, where the source has such names")
    first: bool = Field(False, description="take the first of several matching rows instead of refusing them")
    median: bool = Field(False, description="take the median of the numbers of several matching rows")

    @property
    def names(self) -> list[str]:
        """What the columns are called that it adds to the source."""
        return [self.prefix + name for name in self.take]
