"""Every way a run can fail, each with the exit code that a scheduler sees."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path


class ProfileError(Exception):
    """A failure that names its cause and its remedy, and never shows a customer's value."""

    exit_code = 1


class ConfigurationError(ProfileError):
    """A parameter, an option or dataset.yaml is wrong."""

    exit_code = 2


class InputRejected(ProfileError):
    """A source cannot be read without guessing: names file, row, column, expectation and remedy."""

    exit_code = 3


class PrivacyRefused(ProfileError):
    """Something was about to be published that would single out a customer."""

    exit_code = 4


class EnvironmentFailed(ProfileError):
    """Disk, rights, memory or a database stand in the way."""

    exit_code = 5


class RunLocked(ProfileError):
    """Another run of the same data set is under way."""

    exit_code = 6


class CellFailed(ProfileError):
    """A notebook cell raised: names notebook, cell and cause."""

    exit_code = 7


class KernelDied(ProfileError):
    """A notebook's kernel was killed or ran out of time."""

    exit_code = 8


class FormMissing(ProfileError):
    """The report is published, but a form of it that was asked for, such as the PDF, is not.

    Parameters
    ----------
    why : str
        What is missing, and how to get it.
    page : Path, optional
        The page to open, once it is published.
    """

    exit_code = 9

    def __init__(self, why: str, page: Path | None = None):
        super().__init__(f"the report is published, but its PDF is missing: {why}")
        self.why, self.page = why, page


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Failures of the system that do not say where they happened, such as a full disk, name this path.

    Raises
    ------
    EnvironmentFailed
        Instead of an OSError without a path.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise EnvironmentFailed(f"{path}: {os.strerror(error.errno)}") from error


def mask(message: str) -> str:
    """Hide what may be a customer's value in the message of a library: quoted texts, long numbers, e-mails.

    >>> mask("could not convert string to float: 'Anna Schmidt'")
    "could not convert string to float: '<12 characters>'"
    >>> mask("column spend_eur of 12345678 rows")
    'column spend_eur of <8 digits> rows'
    """
    message = re.sub(r"(['\"])(.*?)\1", lambda m: f"{m[1]}<{len(m[2])} characters>{m[1]}", message)
    message = re.sub(r"\S+@\S+", "<e-mail>", message)
    return re.sub(r"\d{5,}", lambda m: f"<{len(m[0])} digits>", message)
