"""What the columns and the values of published tables are called, and how their numbers are written.

The words stand in ``vocabulary.csv``, English first, translated through the catalogues. Its parts: ``measures`` (the
estimate, its base, and what it is compared with), ``keys`` (what a row is about), ``traits`` (columns of the profile,
which also name attributes in sentences and charts), ``values`` (codes that the contract fixes, and values that have no
language of their own), ``terms`` (words of the product that no value of the data is taken for, however it is spelt)
and ``fields`` (further columns of the canonical tables).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

VOCABULARY = Path(__file__).with_name("vocabulary.csv")
KINDS = (
    *(
        "count",
        "share",
        "part",
        "in",
        "money",
        "index",
        "points",
        "day",
        "month",
        "ratio",
        "number",
        "p",
        "label",
        "value",
    ),
    "capital",
    *("segment", "p_value", "short_month", "yes", "about", "sum"),  # of table cells and chart axes only
)


@dataclass(frozen=True)
class Column:
    """A column of a published table.

    Parameters
    ----------
    label, kind : str
        English heading, translated through the catalogue; formatter of its values, one of `KINDS`, or ``text``.
    """

    label: str
    kind: str = "text"

    @property
    def is_number(self) -> bool:
        """Whether cells line up on the right."""
        return self.kind not in ("text", "label", "value", "segment", "yes")


with VOCABULARY.open(encoding="utf-8", newline="") as _file:
    _ROWS = list(csv.DictReader(_file))
MEASURES, KEYS, TRAITS = (
    {row["name"]: Column(row["english"], row["kind"]) for row in _ROWS if row["part"] == part}
    for part in ("measures", "keys", "traits")
)
VALUES, TERMS, FIELDS = (
    {row["name"]: row["english"] for row in _ROWS if row["part"] == part} for part in ("values", "terms", "fields")
)
COLUMNS = MEASURES | KEYS | TRAITS


def column(name: str, numeric: bool = False) -> Column:
    """Heading and formatter of a column; one that the vocabulary lacks is called by its own name.

    >>> column("spend_share").kind, column("delivery_days", numeric=True)
    ('share', Column(label='Delivery days', kind='number'))
    """
    if name in COLUMNS:
        return COLUMNS[name]
    if name in FIELDS:
        return Column(FIELDS[name], "number" if numeric else "label")
    kind = "share" if name.endswith("_share") else "number" if numeric else "text"
    return Column(name.replace("_", " ").capitalize(), kind)


def name(key: str) -> str:
    """English name of an attribute or of a coded value, or the key itself.

    >>> name("age_band"), name("Bavaria")
    ('Age group', 'Bavaria')
    """
    return VALUES.get(key) or TERMS.get(key) or (TRAITS[key].label if key in TRAITS else FIELDS.get(key, key))


def names_a_column(key: str) -> bool:
    """Whether a word is the name of a column or a term of the product, so that a value spelt so is only spelt so.

    >>> names_a_column("children"), names_a_column("female")
    (True, False)
    """
    return key not in VALUES and (key in TERMS or key in TRAITS or key in FIELDS)
