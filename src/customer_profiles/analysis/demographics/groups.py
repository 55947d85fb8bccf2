"""Which customers a run asks about: ``region=Bayern``, ``segment=2``, ``category=Tents`` or ``pain=delivery``."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass

import pandas as pd

from ...errors import ConfigurationError
from ...messages import N_, Text
from .categories import banded, values_of

FROM_TABLES = {"segment": "segments", "pain": "pains", "category": "transactions"}
"""Groups that are not a column of the profile, and the table that knows their members."""

MADE_BY = {"segments": "05_segment_customers", "pains": "03_analyse_pain_points", "transactions": "01_collect_data"}

NOT_GROUPS = frozenset({"customer_id", "customer_no", "postal_code", "city", "latitude", "longitude", "company"})
"""Columns of the profile that name persons or places rather than groups."""

SMALLEST_NAMED = 10
"""A value is suggested only if so many customers have it: an error message must not tell of single persons."""


@dataclass(frozen=True)
class Group:
    """Some of the customers, and what they are called.

    Parameters
    ----------
    members : Series of bool
        One value per row of the profile.
    label : Text
        As sentences name the group.
    of : str
        Attribute that forms the group and is therefore not compared; "" if none.
    """

    members: pd.Series
    label: Text
    of: str = ""


def table_of(group: str) -> str:
    """Name of the table that knows the members of a group; the profile for everything else.

    >>> table_of("category=Tents"), table_of("region=Bayern"), table_of("")
    ('transactions', 'profile', 'profile')
    """
    return FROM_TABLES.get(group.partition("=")[0].strip(), "profile")


def find(
    profile: pd.DataFrame, group: str, table: pd.DataFrame | None = None, min_group: int = SMALLEST_NAMED
) -> Group:
    """The customers that ``name=value`` means.

    Parameters
    ----------
    profile : DataFrame
        One row per customer.
    group : str
        ``column=value`` of the profile (numbers by their bands), or one of `FROM_TABLES`: a segment, buyers of a
        category, customers with a pain point. Case does not matter, and a part of the value is enough if only one
        value has it.
    table : DataFrame, optional
        What `table_of` names, with ``customer_no``.
    min_group : int
        Smallest group, and smallest rest, that may be described (``privacy.min_group_size``).

    Raises
    ------
    ConfigurationError
        If there is no such column, table or value, with the nearest known one; if all customers or none are meant; or
        if the group, or everybody else, is too small.
    """
    name, _, value = (part.strip() for part in group.partition("="))
    if name in FROM_TABLES:
        if table is None or name not in table or table.empty:
            made = MADE_BY[FROM_TABLES[name]]
            raise ConfigurationError(
                f"parameter 'compare': there are no {FROM_TABLES[name]}: run {made} first, or no source holds any"
            )
        rows = table.loc[table["customer_no"].notna() & table["customer_no"].isin(profile["customer_no"])]
        text = values_of(rows[name])
        chosen = _value(name, value, text, rows["customer_no"])
        members = profile["customer_no"].isin(rows.loc[text.eq(chosen).fillna(False).astype(bool), "customer_no"])
        return Group(_divided(members, name, min_group), Text(_LABELS[name], {"value": chosen}), _OF.get(name, ""))
    columns = [column for column in profile if column not in NOT_GROUPS]
    if name not in columns:
        near = difflib.get_close_matches(name, [*columns, *FROM_TABLES], n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise ConfigurationError(f"parameter 'compare': the profile has no column {name!r}{hint}")
    text = values_of(banded(profile, [name])[name])
    chosen = _value(
        name, value, text, profile["customer_no"] if "customer_no" in profile else profile.index.to_series()
    )
    members = text.eq(chosen).fillna(False).astype(bool)
    label = Text(N_("{attribute/value:group}"), {"attribute": name, "value": chosen})
    return Group(_divided(members, name, min_group), label, name)


_LABELS = {
    "segment": N_("customers of segment {value:value}"),
    "pain": N_("customers with the pain point “{value:value}”"),
    "category": N_("buyers of “{value:value}”"),
}
_OF = {"category": "top_category"}


def _value(name: str, wanted: str, text: pd.Series, customer: pd.Series) -> str:
    """The value that is meant: as written, but for its case and accents, or the only one that contains it."""
    known = text.dropna().unique().tolist()
    same = [value for value in known if value == wanted] or [v for v in known if _plain(v) == _plain(wanted)]
    within = same or [value for value in known if wanted and _plain(wanted) in _plain(value)]
    if len(within) == 1:
        return within[0]
    sizes = customer.groupby(text).nunique()
    told = sorted(sizes.index[sizes >= SMALLEST_NAMED])
    plain = {_plain(value): value for value in told}
    near = [plain[match] for match in difflib.get_close_matches(_plain(wanted), plain, n=3)]
    near = near or ([value for value in within if value in told] or told)[:5]
    hint = f"; nearest: {', '.join(map(repr, near))}" if near else ""
    why = "several values" if within else "no value"
    raise ConfigurationError(f"parameter 'compare': {name!r} has {why} like the one asked for{hint}")


def _plain(value: str) -> str:
    """A value as it is typed in a hurry: without accents and capitals.

    >>> _plain("São Paulo")
    'sao paulo'
    """
    letters = unicodedata.normalize("NFKD", value.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _divided(members: pd.Series, name: str, min_group: int) -> pd.Series:
    if not members.any() or members.all():
        raise ConfigurationError(f"parameter 'compare': {name!r} has no value that divides customers as asked")
    if min(members.sum(), (~members).sum()) < min_group:
        raise ConfigurationError(
            f"parameter 'compare': the group of {name!r} asked for, or everybody else, has fewer than {min_group} "
            "customers and cannot be described"
        )
    return members
