"""Where the profile is computed: DuckDB in this process, or Spark; both work through the same Ibis expressions.

Either keeps what does not fit into memory in a folder beside the tables that is gone when it is closed, and leaves
nothing on the standard error of a notebook.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import EnvironmentFailed, InputRejected, ProfileError

if TYPE_CHECKING:
    import pandas as pd
    from ibis.backends import BaseBackend
    from ibis.expr.types import Table
    from py4j.java_gateway import JavaGateway

EngineName = Literal["duckdb", "spark"]
MEMORY_LIMIT = r"^[1-9]\d* ?[MG]B$"  # as dataset.yaml writes it
DEFAULT_MEMORY = 3 * 1024  # MB, or half of what the machine has if that is less
MASTER = "SPARK_MASTER"  # environment variable with the address of a cluster; otherwise all cores of this machine
_LOCAL = "local[*]"
_TOO_LARGE = (
    "an amount, discount or quantity is larger than 900 trillion and cannot be added up: correct it in the source, or "
    "declare its decimal sign"
)
_OVERFLOWS = {"CAST_OVERFLOW", "ARITHMETIC_OVERFLOW", "NUMERIC_VALUE_OUT_OF_RANGE"}
# A plan or a failed task that Spark logs, in Java or in Python, may show values.
_SILENT = "rootLogger.level = off\n"
_TALKERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")


@contextmanager
def open_engine(name: EngineName, folder: Path, memory_limit: str | None = None) -> Iterator[BaseBackend]:
    """Start an engine and stop it again.

    Parameters
    ----------
    name : {"duckdb", "spark"}
    folder : Path
        Where it may keep temporary files: in a new folder below this one.
    memory_limit : str, optional
        Memory of the engine, e.g. ``"2GB"``; beyond it, it uses the disk. Otherwise 3 GB, or half of the machine's.

    Yields
    ------
    BaseBackend
        An Ibis connection.

    Raises
    ------
    EnvironmentFailed
        If the engine is not installed, cannot start, or runs out of memory or disk. Names the remedy and never the
        values an engine's own message may hold.
    InputRejected
        If a number is too large to be added up exactly.
    """
    megabytes = _megabytes(memory_limit) if memory_limit else min(DEFAULT_MEMORY, _machine_megabytes() // 2)
    folder.mkdir(parents=True, exist_ok=True)
    start = _spark if name == "spark" else _duckdb
    with (
        tempfile.TemporaryDirectory(prefix=".engine-", dir=folder, ignore_cleanup_errors=True) as scratch,
        warnings.catch_warnings(),
    ):
        # Ibis 12 uses calls of DuckDB and pandas that these have deprecated since.
        for category in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        with start(Path(scratch), megabytes) as connection:
            yield connection


def fetch(table: Table) -> pd.DataFrame:
    """The rows of an expression, in no particular order; texts are texts, and points in time have no zone.

    Parameters
    ----------
    table : Table
        Bound to a connection of `open_engine`.
    """
    connection = table.get_backend()
    if connection.name == "pyspark":
        # Ibis would go through pandas, which turns whole numbers with gaps into floating point.
        rows = connection.raw_sql(connection.compile(table)).toArrow()
        return rows.cast(table.schema().to_pyarrow()).to_pandas()
    return table.to_pyarrow().to_pandas()


def explained(error: Exception) -> ProfileError:
    """What a failure of Spark means for whoever reads it, without its message, which may hold a value.

    Parameters
    ----------
    error : PySparkException or Py4JError
    """
    condition = getattr(error, "getCondition", lambda: None)()
    java = getattr(error, "java_exception", None)
    kind = condition or (java.getClass().getName() if java is not None else type(error).__name__)
    if kind.split(".")[0] in _OVERFLOWS:
        return InputRejected(_TOO_LARGE)
    return EnvironmentFailed(
        f"Spark stopped with {kind}: set a larger 'memory_limit' in dataset.yaml, or 'engine: duckdb'"
    )


@contextmanager
def _duckdb(scratch: Path, megabytes: int) -> Iterator[BaseBackend]:
    import duckdb
    import ibis

    connection = ibis.duckdb.connect(
        temp_directory=str(scratch), memory_limit=f"{megabytes}MiB", preserve_insertion_order=False
    )
    try:
        yield connection
    except duckdb.OutOfMemoryException:
        raise EnvironmentFailed(
            f"DuckDB cannot build the profile within {megabytes} MB: set a larger 'memory_limit' in dataset.yaml, or "
            "free disk space beside the tables"
        ) from None
    except (duckdb.ConversionException, duckdb.OutOfRangeException):
        raise InputRejected(_TOO_LARGE) from None
    except duckdb.IOException as error:
        if "No space left" not in str(error):
            raise
        raise EnvironmentFailed(f"no disk space left for DuckDB's temporary files in {scratch.parent}") from None
    finally:
        connection.disconnect()


@contextmanager
def _spark(scratch: Path, megabytes: int) -> Iterator[BaseBackend]:
    """A Spark session with a Java process of its own; the classes that remember it are left as if it had not been."""
    _check_installed()
    import ibis
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    conf = SparkConf(loadDefaults=False).setAll(_settings(scratch, megabytes).items())
    for logger in _TALKERS:
        PySparkLogger.getLogger(logger).disabled = True
    interrupted = signal.getsignal(signal.SIGINT)
    process, gateway = _java(conf, scratch)
    try:
        session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        connection = ibis.pyspark.connect(session)
        yield connection
    except (PySparkException, Py4JError) as error:
        raise explained(error) from None
    finally:
        with suppress(Exception):
            SparkContext._active_spark_context.stop()
        with suppress(Exception):
            gateway.shutdown()
        _end(process)
        SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
        SparkSession._instantiatedSession = None
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupted)


def _settings(scratch: Path, megabytes: int) -> dict[str, str]:
    """How Spark runs: without pages, logs and network, on this machine unless the environment names a cluster."""
    master = os.environ.get(MASTER) or _LOCAL
    quiet = scratch / "log4j2.properties"
    quiet.write_text(_SILENT, encoding="utf-8")
    java = {
        "log4j2.configurationFile": quiet.as_uri(),
        "java.io.tmpdir": str(scratch),
        "user.timezone": "UTC",
        "derby.system.home": str(scratch),
    }
    settings = {
        "spark.master": master,
        "spark.app.name": "customer-profiles",
        "spark.driver.memory": f"{megabytes}m",
        "spark.driver.extraJavaOptions": " ".join(
            ["-XX:-UsePerfData", *(f'"-D{name}={value}"' for name, value in java.items())]
        ),
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 1)) if master.startswith("local") else "200",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.structuredLogging.enabled": "false",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def _check_installed() -> None:
    """Say what to install before Spark says it in its own way."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise EnvironmentFailed(
            "dataset.yaml asks for 'engine: spark', but pyspark is not installed: run `make spark`, or leave the line "
            "out to use DuckDB"
        ) from None
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").exists()) and shutil.which("java") is None:
        raise EnvironmentFailed(
            "Spark needs Java: run `make spark`, or install a runtime (Debian: default-jre-headless) and have java on "
            "the PATH or JAVA_HOME set"
        )


def _java(conf: object, scratch: Path) -> tuple[subprocess.Popen[bytes], JavaGateway]:
    """Java with Spark in it; what it prints goes to a file, because a notebook must not print."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    with (scratch / "java.txt").open("wb") as printed:
        try:
            gateway = launch_gateway(conf, {"stdout": printed, "stderr": printed})
        except (PySparkRuntimeError, OSError):
            lines = (scratch / "java.txt").read_text(encoding="utf-8", errors="replace").splitlines()
            reasons = [line for line in lines if not line.startswith(("WARNING", "Picked up"))]
            reason = reasons[0] if reasons else "it ended without a message"
            raise EnvironmentFailed(f"Java could not start Spark: {reason}") from None
    return gateway.proc, gateway


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the Java process: it stops when its standard input closes, or is made to."""
    assert process.stdin is not None  # the launcher makes it a pipe
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _megabytes(limit: str) -> int:
    """A limit as dataset.yaml writes it, in MB.

    >>> _megabytes("2GB"), _megabytes("512 MB")
    (2048, 512)
    """
    found = re.fullmatch(r"(\d+) ?([MG])B", limit)
    assert found is not None, limit
    number, unit = found.groups()
    return int(number) * (1024 if unit == "G" else 1)


def _machine_megabytes() -> int:
    """Memory of the machine in MB, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (AttributeError, ValueError, OSError):
        return 2 * DEFAULT_MEMORY
