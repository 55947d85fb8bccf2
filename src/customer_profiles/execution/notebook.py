"""Runs one notebook through papermill and says plainly what went wrong if it did."""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .. import paths
from ..chapters import ChapterSpec
from ..errors import CellFailed, EnvironmentFailed, KernelDied, ProfileError, mask
from ..params import Params
from .kernels import Kernels

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError

CELL_TIMEOUT = int(os.environ.get("CUSTOMER_PROFILES_CELL_TIMEOUT", 3600))  # seconds
# Failures that a cell can only pass on: the machine is to blame, not the notebook.
OF_THE_MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
}
OUT_OF_MEMORY = {"MemoryError", "OutOfMemoryException", "ArrowMemoryError"}
SHOWN = "in Chapter.panel("  # of a traceback
OWN_ERRORS = {cls.__name__: cls for cls in ProfileError.__subclasses__()}


def execute(
    spec: ChapterSpec, params: Params, output: Path, kernels: Kernels, tick: Callable[..., None] = lambda **_: None
) -> NotebookNode:
    """Execute a chapter's notebook with the given parameters.

    Parameters
    ----------
    spec, params
        The chapter and its validated parameters.
    output : Path
        Where the executed notebook is kept, also if it fails. It may hold a traceback with values in it, so it
        belongs into the run folder, never into a report.
    kernels : Kernels
        Where its kernel comes from.
    tick : callable
        Called after each executed cell.

    Raises
    ------
    CellFailed
        A cell raised; names notebook, cell, line and cause, with values masked.
    KernelDied
        The kernel was killed, or a cell ran out of time.
    ProfileError
        Raised in a cell by this package: passed on as it is, because it names its own remedy.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    output.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        return papermill.execute_notebook(
            spec.notebook,
            output,
            parameters=params.model_dump(),
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=CELL_TIMEOUT,
            kernel_manager_class=kernels.manager(),
            config=Config({"KernelManager": {"transport": "ipc"}}),
            resources={"metadata": {"path": str(paths.notebooks())}},
            on_cell_executed=tick,
        )
    except PapermillExecutionError as error:
        raise_cell_error(spec, error, output.parent.parent)
    except CellTimeoutError:
        raise KernelDied(f"notebook {spec.stem}: a cell ran longer than {CELL_TIMEOUT} s and was stopped") from None
    except (DeadKernelError, RuntimeError) as error:
        if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
            raise KernelDied(
                f"notebook {spec.stem}: its kernel was killed, most often because memory ran out; "
                "free some, or run fewer notebooks side by side (--jobs 1)"
            ) from None
        raise
    except OSError as error:  # not of a cell: the executed notebook could not be written
        raise EnvironmentFailed(f"{error.filename or output}: {error.strerror or error}") from None


def raise_cell_error(spec: ChapterSpec, error: PapermillExecutionError, folder: Path) -> NoReturn:
    """Turn papermill's report of a failed cell into the error of ours that fits; `folder` is where cells write."""
    name, message = error.ename, error.evalue
    # Its number counts from zero, but also counts the cell that papermill has put in before it.
    trace, cell = _plain("\n".join(error.traceback)), f"notebook {spec.stem}, cell {error.cell_index}"
    if name in OWN_ERRORS:  # what was to be shown is a matter of the cell, other failures name their own place
        raise OWN_ERRORS[name](f"{cell}: {message}" if SHOWN in trace else message) from None
    number = re.match(r"\[Errno (\d+)\]", message)
    full = re.search(re.escape(os.strerror(errno.ENOSPC)), message)  # engines have errors of their own
    code = int(number[1]) if number else errno.ENOSPC if full else 0
    if code in OF_THE_MACHINE:
        path = re.search(r"""['"](/[^'"]+)['"]""", message)
        raise EnvironmentFailed(f"{path[1] if path else folder}: {os.strerror(code)} (notebook {spec.stem})") from None
    if name in OUT_OF_MEMORY:
        raise EnvironmentFailed(f"notebook {spec.stem}: memory ran out; free some, or use --jobs 1") from None
    raise CellFailed(
        f"{cell}{_line(trace)}{_place(trace)}: "
        f"{name}: {mask(message.strip().splitlines()[0] if message.strip() else 'no message')}"
    ) from None


def _line(trace: str) -> str:
    """Number of the line that failed; the line itself may hold a value that somebody has typed in."""
    found = re.search(r"Cell In\[\d+\], line (\d+)", trace)
    return f", line {found[1]}" if found else ""


def _place(trace: str) -> str:
    """The innermost line of this package that took part."""
    found = re.findall(r"customer_profiles/(\S+\.py):(\d+)", trace)
    return " ({}:{})".format(*found[-1]) if found else ""


def _plain(trace: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", trace)
