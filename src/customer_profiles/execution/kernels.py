"""Kernels for unattended runs: forked from a warm process where that works, started from nothing elsewhere."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .stopping import held

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

COLD = "python3"
SWITCH = "CUSTOMER_PROFILES_KERNEL"  # set to "python3" to do without forked kernels
LONGEST_FOLDER = 70  # bytes, so that a socket in a folder of it has less than a hundred
READY_WITHIN = 120  # seconds the server may take to import everything on a slow disk
# Results must not depend on the number of cores, and notebooks already run side by side.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
INLINE = "module://matplotlib_inline.backend_inline"
ENVIRONMENT = dict.fromkeys(ONE_THREAD, "1") | {"PYTHONHASHSEED": "0", "MPLBACKEND": INLINE}
# Arrow's allocator would start a thread when it is imported, and a process with threads must not fork.
NO_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}


def folder_of(name: str) -> Path:
    """Where the sockets of a run lie: in the folder for temporary files, or in /tmp if its path is too long."""
    usual, short = Path(tempfile.gettempdir()), Path("/tmp")
    fits = len(os.fsencode(usual)) <= LONGEST_FOLDER or not os.access(short, os.W_OK)
    return (usual if fits else short) / f"kernels-{name}"


class Kernels:
    """Where the kernels of one run come from; a context manager that leaves no process and no file behind.

    Connection files and sockets lie in a private folder with a short path, because the path of a Unix socket is
    limited to about a hundred characters.

    Parameters
    ----------
    name : str
        Of that folder; otherwise chosen at random.

    Attributes
    ----------
    note : str
        Why kernels are not forked, empty if they are.
    """

    def __init__(self, name: str = "") -> None:
        self.note = ""
        self.folder = folder_of(name or secrets.token_hex(4))
        self._closed = False
        self._server: subprocess.Popen[str] | None = None
        self._kernels: list[subprocess.Popen[bytes]] = []
        try:
            self.folder.mkdir(mode=0o700)
            self._choose()
        except BaseException:
            self.close()
            raise

    def _choose(self) -> None:
        """Start the server, or say why not."""
        if os.environ.get(SWITCH) == COLD:
            self.note = f"{SWITCH} asks for kernels of their own"
        elif not hasattr(os, "fork"):
            self.note = "this system cannot fork processes"
        else:
            self._start_server()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def forked(self) -> bool:
        """Whether kernels are forked."""
        return self._server is not None

    def manager(self) -> type[AsyncKernelManager]:
        """Class of kernel managers whose kernels come from here, for nbclient."""
        from jupyter_client.kernelspec import KernelSpec
        from jupyter_client.manager import AsyncKernelManager
        from nbclient.exceptions import DeadKernelError

        spec = KernelSpec(argv=self._command(), display_name="Python 3", language="python", env=ENVIRONMENT)
        source = self

        class Manager(AsyncKernelManager):
            @property
            def kernel_spec(self) -> KernelSpec:
                return spec

            def _connection_file_default(self) -> str:
                return str(source.folder / f"{self.kernel_id[:8]}.json")

            async def _async_launch_kernel(self, kernel_cmd: list[str], **options: object) -> None:
                # What a kernel says outside its cells is for nobody: a page shows outputs, an error is raised.
                silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                if source._closed:
                    raise DeadKernelError("Kernel died: the run has ended")
                await super()._async_launch_kernel(kernel_cmd, **silent | options)
                provisioner: Any = self.provisioner  # the local one, which has a process
                source._kernels.append(provisioner.process)
                if source._closed:  # while it was started
                    provisioner.process.kill()

        return Manager

    def close(self) -> None:
        """End every kernel still at work, and the server; no kernel is started after that."""
        self._closed = True
        for kernel in self._kernels:
            with contextlib.suppress(ProcessLookupError):
                kernel.kill()
        if self._server:
            assert self._server.stdin is not None  # both are pipes
            assert self._server.stdout is not None
            self._server.stdin.close()
            try:
                self._server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
            self._server.stdout.close()
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> list[str]:
        if self.forked:
            client = Path(__file__).with_name("kernel_client.py")
            return [sys.executable, "-I", "-S", str(client), str(self._address), "-f", "{connection_file}"]
        return [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]

    @property
    def _address(self) -> Path:
        return self.folder / "server"

    def _start_server(self) -> None:
        """Start the server; whatever goes wrong, the run goes on with kernels of their own."""
        server, ready = None, False
        try:
            with held():
                server = subprocess.Popen(
                    [sys.executable, "-m", "customer_profiles.execution.kernel_server", str(self._address)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    env=os.environ | ENVIRONMENT | NO_THREAD,
                    start_new_session=True,
                )
            alarm = threading.Timer(READY_WITHIN, server.kill)
            alarm.daemon = True  # or the process would wait for it at its end
            alarm.start()
            assert server.stdout is not None  # a pipe
            ready = server.stdout.readline().strip() == "ready"
            alarm.cancel()
        finally:
            if server and not ready:
                server.kill()
                server.communicate()
        if ready:
            self._server = server
        else:
            self.note = "the process that forks kernels did not start"
