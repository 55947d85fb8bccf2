"""A PostgreSQL server of the tests' own: Debian's binaries, a temporary folder, loopback, a free port."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "correct-horse-7"
# Nothing that a test writes has to survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")


def binaries() -> Path | None:
    """Folder of the newest server installed, None if there is none."""
    found = [Path(path).parent for path in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


@dataclass
class Server:
    """A running server; its only user is ``tester``."""

    folder: Path
    port: int
    process: subprocess.Popen

    def url(self, database: str = "postgres", user: str = "tester", password: str = PASSWORD) -> str:
        """Connection string."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop it at once and remove its folder."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        shutil.rmtree(self.folder)


def start() -> Server:
    """Make a cluster and start its server; as root, both run as the user ``postgres``, because initdb insists.

    Raises
    ------
    RuntimeError
        If the server does not answer within a minute.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
    (folder / "password").write_text(PASSWORD)
    options: dict = {"stdout": (folder / "log").open("wb"), "stderr": subprocess.STDOUT, "cwd": folder}
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        options |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    program = [binaries() / "initdb", "-D", folder / "data", "-U", "tester", "-A", "scram-sha-256", "-N"]
    program += ["--pwfile", folder / "password", "-E", "UTF8", "--locale", "C"]
    subprocess.run(program, check=True, **options)
    port = _free_port()
    program = [binaries() / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder]
    process = subprocess.Popen([*program, *(part for option in FAST for part in ("-c", option))], **options)
    server = Server(folder, port, process)
    until = time.monotonic() + 60
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > until:
            log = (folder / "log").read_text(errors="replace")[-2000:]
            process.kill()
            raise RuntimeError(f"PostgreSQL did not start:\n{log}")
        time.sleep(0.05)
    return server


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _answers(server: Server) -> bool:
    import adbc_driver_postgresql.dbapi as postgresql

    try:
        postgresql.connect(server.url()).close()
    except postgresql.Error:
        return False
    return True
