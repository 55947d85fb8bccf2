"""People who asked to be erased or who objected, as keyed hashes that keep them out of every later run.

A list holds no name, address or id, only HMACs that nobody can reverse or compare with a run's pseudonyms without the
key. A run asks for each record whether its id, e-mail address or phone number is on the list. That of erased people
lies beside dataset.yaml, outside of the runs. That of objections lies among the runs: an export that has lost the row
in which somebody objected must not bring them back, only one in which they agree.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ConfigurationError, EnvironmentFailed
from ..identity import normalise
from ..identity.pseudonyms import pseudonym
from ..ingest.config.dataset import Dataset

FILE_NAME, OBJECTIONS = "suppressed.txt", "objections.txt"
OTHERWISE = ", or delete the list: then who objected in an export that is gone comes back with the others"
CONTACTS = {"email": normalise.emails, "phone": normalise.phones}
"""Addresses that a person is recognised by, and the form in which two spellings of one are equal."""
_HEADER = "# People who must not appear, as keyed hashes: keep this file, it keeps them out of every run.\n"
_HEX_DIGITS = 64

Entry = tuple[str, str]
"""Kind (``email``, ``phone``, ``id:<name space>``, or ``pseudonym`` of an id) and value in normal form."""


class Suppressed:
    """A list of people who must not appear.

    Parameters
    ----------
    key : bytes
        Secret of the pseudonyms.
    hashes : iterable of str
        Keyed hashes of what these people are known by.
    """

    def __init__(self, key: bytes, hashes: Iterable[str] = ()):
        self._key = key
        self.hashes = frozenset(hashes)

    def __len__(self) -> int:
        return len(self.hashes)

    def with_entries(self, entries: Iterable[Entry]) -> Suppressed:
        """The list with further entries."""
        return Suppressed(self._key, self.hashes | {self._hash(*entry) for entry in entries})

    def without_entries(self, entries: Iterable[Entry]) -> Suppressed:
        """The list without some entries."""
        return Suppressed(self._key, self.hashes - {self._hash(*entry) for entry in entries})

    def hits(self, kind: str, texts: pd.Series) -> np.ndarray:
        """Which of the texts are on the list; e-mail addresses and phone numbers in any spelling."""
        if not self.hashes:
            return np.zeros(len(texts), dtype=bool)
        normal = CONTACTS[kind](texts) if kind in CONTACTS else texts
        codes, distinct = pd.factorize(normal, use_na_sentinel=True)
        listed = np.array([*(self.has(kind, text) for text in distinct), False], dtype=bool)
        return listed[codes]

    def records(self, rows: pd.DataFrame, space: str) -> np.ndarray:
        """Which records of customers are of somebody on the list, by raw_id, email or phone."""
        found = self.hits(f"id:{space}", rows.raw_id)
        for kind in CONTACTS:
            if kind in rows:
                found |= self.hits(kind, rows[kind])
        return found

    def save(self, path: Path) -> None:
        """Write the list in one step, readable by its owner only.

        Raises
        ------
        EnvironmentFailed
            If it cannot be written.
        """
        lines = [_HEADER, f"key {self._hash('key', '')}\n", *(f"{entry}\n" for entry in sorted(self.hashes))]
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise EnvironmentFailed(f"the suppression list {path} cannot be written: {error.strerror}") from None

    def has(self, kind: str, text: str) -> bool:
        """Whether an entry in normal form is on the list."""
        return self._hash(kind, text) in self.hashes

    def _hash(self, kind: str, text: str) -> str:
        if kind.startswith("id:"):
            kind, text = "pseudonym", pseudonym(self._key, kind.removeprefix("id:"), text)
        return hmac.digest(self._key, f"suppressed\x1f{kind}\x1f{text}".encode(), "sha256").hex()

    @classmethod
    def load(cls, path: Path, key: bytes) -> Suppressed:
        """Read a list; an absent one is empty.

        Raises
        ------
        ConfigurationError
            If the list is damaged, or was made with another key: then nobody on it could be recognised.
        """
        if not path.exists():
            return cls(key)
        lines = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        lines = [line.strip() for line in lines if not line.startswith("#")]
        found, entries = cls(key, lines[1:]), lines[1:]
        damaged = [line for line in entries if len(line) != _HEX_DIGITS or set(line) - set("0123456789abcdef")]
        if not lines or not lines[0].startswith("key ") or damaged:
            raise ConfigurationError(
                f"{path} is damaged, so it cannot keep people out who must not appear: restore it from a backup; "
                "only customer-profiles may write it"
            )
        if not hmac.compare_digest(lines[0], f"key {found._hash('key', '')}"):
            raise ConfigurationError(
                f"{path} was made with another key, so people who must not appear would not be recognised: run with "
                "the key of that time (CUSTOMER_PROFILES_KEY, or runs/.key beside dataset.yaml)"
                + (OTHERWISE if path.name == OBJECTIONS else "")
            )
        return found


def list_file(dataset: Dataset) -> Path:
    """Where the list of erased people of a data set lies."""
    return dataset.folder / FILE_NAME


def objections_file(dataset: Dataset) -> Path:
    """Where the list of objections lies that runs have read."""
    return dataset.folder / "runs" / OBJECTIONS


def linked_entries(records: pd.DataFrame, person: np.ndarray, listed: np.ndarray) -> list[Entry]:
    """Everything that people are known by in all systems, so that each of it alone keeps them out.

    Parameters
    ----------
    records : DataFrame, shape (records, columns)
        Columns space and raw_id, and email and phone where known.
    person : ndarray of int, shape (records,)
        Which records are one person.
    listed : ndarray of bool, shape (records,)
        Records of those who must not appear.

    Returns
    -------
    list of (kind, value)
        All ids of these people, and the addresses that nobody else uses: the family stays.
    """
    if not listed.any():
        return []
    theirs = np.isin(person, np.unique(person[listed]))
    entries = [(f"id:{space}", raw_id) for space, raw_id in records.loc[theirs, ["space", "raw_id"]].to_numpy()]
    for kind, normal in CONTACTS.items():
        if kind in records:
            addresses = normal(records[kind]).reset_index(drop=True)
            own, others = addresses[theirs].dropna(), addresses[~theirs].dropna()
            entries += [(kind, address) for address in sorted(set(own) - set(others))]
    return entries
