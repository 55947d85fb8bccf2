"""Keyed hashes in place of what identifies a person."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from ..errors import ConfigurationError, EnvironmentFailed
from ..ingest.config.dataset import Dataset

KEY_VARIABLE = "CUSTOMER_PROFILES_KEY"
SHORTEST_KEY = 16
_WORD = re.compile(r"[^\W_]+")
_LONGEST_INITIAL = 2  # letters


def pseudonym_key(dataset: Dataset) -> bytes:
    """Secret of a data set's pseudonyms: ``CUSTOMER_PROFILES_KEY``, else a random one kept in ``runs/.key``.

    Raises
    ------
    ConfigurationError
        If the variable holds less than 16 bytes.
    EnvironmentFailed
        If no key can be kept.
    """
    given = os.environ.get(KEY_VARIABLE, "").encode()
    if given:
        if len(given) < SHORTEST_KEY:
            raise ConfigurationError(f"{KEY_VARIABLE} is shorter than {SHORTEST_KEY} bytes: that could be guessed")
        return given
    path = dataset.folder / "runs" / ".key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _kept_key(path)
    except OSError as error:
        raise EnvironmentFailed(f"the key of the pseudonyms cannot be kept in {path}: {error.strerror}") from None


def _kept_key(path: Path) -> bytes:
    """Key of a file that only its owner may read; two first runs at once end up with the same key."""
    if not path.exists():
        part = path.with_name(f".key.{os.getpid()}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_bytes()


def pseudonym(key: bytes, space: str, raw_id: str) -> str:
    """Sixteen hexadecimal digits in place of an id.

    >>> pseudonym(b"0" * 16, "crm", "170001") != pseudonym(b"0" * 16, "shop", "170001")
    True
    """
    return hmac.digest(key, f"{space}\x1f{raw_id}".encode(), "sha256").hex()[:16]


def by_words(name: str) -> str:
    """A name of which no two words are longer than two letters, with its words kept apart; others as they are.

    Its letters alone prove nothing: those of "I. Stein" also stand in the German "ist ein".

    >>> by_words("I. Stein"), by_words("ist ein"), by_words("Anna de Souza")
    ('i@stein', 'ist ein', 'Anna de Souza')
    """
    words = _WORD.findall(name.casefold())
    telling = sum(len(word) > _LONGEST_INITIAL for word in words)
    return name if telling > 1 or len(words) == 1 else "@".join(words)  # a fingerprint keeps this sign


def fingerprint(key: bytes, text: str) -> str:
    """Keyed hash of a name, address or id by which it can be recognised in outgoing text without being known.

    Case, blanks and punctuation make no difference.

    >>> fingerprint(b"k", "Anna  MÜLLER") == fingerprint(b"k", "anna müller")
    True
    """
    folded = text.casefold()
    if not folded.isalnum():
        folded = "".join(character for character in folded if character.isalnum() or character == "@")
    return hashlib.sha256(key + folded.encode()).hexdigest()
