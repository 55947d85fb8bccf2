"""What is wrong with a dataset.yaml, as sentences with line, place and remedy."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ...errors import ConfigurationError
from .suggest import nearest
from .yaml_file import Lines, read_yaml

Read = TypeVar("Read", bound=BaseModel)


def near(name: str, known: Iterable[str]) -> str:
    """The name that was probably meant, as the end of a sentence; "" if none is like it."""
    found = nearest(name, known)
    return f", did you mean {found!r}?" if found else ""


def absent(path: Path) -> str:
    """That there is no such data set, with the nearest or all that lie beside it."""
    known = sorted(found.parent.name for found in path.parents[1].glob(f"*/{path.name}"))
    meant = near(path.parent.name, known).replace(", ", ": ")
    there = f" (there are {', '.join(known)})" if known else ""
    return f"dataset {path.parent.name!r}{meant or there}: there is no {path}".replace("?:", "?")


def read_model(path: Path, model: type[Read]) -> tuple[Read, Lines]:
    """A YAML file as a model, and where its parts stand.

    Raises
    ------
    ConfigurationError
        If it does not fit, with every fault and its line.
    """
    content, lines = read_yaml(path)
    try:
        return model.model_validate(content or {}), lines
    except ValidationError as error:
        told = [explain(fault, content, lines, model) for fault in error.errors()]
        raise ConfigurationError(f"{path}: " + "; ".join(told)) from None


def explain(fault: Any, content: Any, lines: Lines, dataset: type[BaseModel]) -> str:
    """One fault as a sentence with its line, its place and what is expected there."""
    at = tuple(part for part in fault["loc"])
    line = next((lines[at[:n]] for n in range(len(at), -1, -1) if at[:n] in lines), 1)
    model = _model_at(dataset, at[:-1] if fault["type"] in ("extra_forbidden", "missing") else at)
    name = str(at[-1]) if at else ""
    if fault["type"] == "extra_forbidden":
        what = f"unknown key {name!r}{near(name, model.model_fields) if model else ''}"
    elif fault["type"] == "missing" and isinstance(at[-1], int):
        listed = next((part for part in reversed(at) if isinstance(part, str)), "")
        what = f"{listed!r} has {at[-1]} of its values, one more is missing"
    elif fault["type"] == "missing":
        what = f"{name!r} is missing" + (f" ({model.model_fields[name].description})" if model else "")
    else:
        parent = _model_at(dataset, at[:-1])
        field = parent.model_fields.get(name) if parent else None
        what = fault["msg"].removeprefix("Value error, ")
        named = bool(at) and isinstance(at[-1], str) and at in lines and repr(name) not in what
        what = f"{name!r}: {what}" if field or named else what
        what += f" ({field.description})" if field and field.description else ""
    return f"line {line}{_place(at, content)}: {what}"


def _place(at: tuple[str | int, ...], content: Any) -> str:
    if len(at) > 1 and at[0] == "derived":
        return f", derived {at[1]}" + (f", rule {int(at[3]) + 1}" if len(at) > 3 and at[2] == "rules" else "")
    if len(at) < 2 or at[0] != "sources":
        return ""
    source = content["sources"][int(at[1])] if isinstance(content["sources"], list) else None
    name = source.get("name") if isinstance(source, dict) else None
    return f", source {name or int(at[1]) + 1}"


def _model_at(dataset: type[BaseModel], at: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Model that describes the part of the file at a place, None where that is not a model."""
    kind: Any = dataset
    for part in at:
        if _is_model(kind):
            kind = kind.model_fields[part].annotation if part in kind.model_fields else None
        else:
            inner = get_args(kind)
            kind = {tuple: inner[0], dict: inner[-1]}.get(typing.get_origin(kind)) if inner else None
    return kind if _is_model(kind) else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
