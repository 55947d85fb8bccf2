"""Forks notebook kernels from one process that has already imported the libraries.

Importing pandas, scikit-learn, statsmodels and the rest costs a kernel more CPU time than most notebooks do.
This process pays for it once; each notebook then gets a fork of it, as isolated as any other kernel.

Three rules keep a fork equal to a kernel started from nothing: the server only imports (no data, no randomness),
it has a single thread when it forks, and its environment, `MPLBACKEND` above all, is that of the kernels
(``kernels.ENVIRONMENT``) before anything is imported.

Run as ``python -m customer_profiles.execution.kernel_server SOCKET``; it ends, and ends its kernels, when its
standard input closes. The other side of each connection is ``kernel_client.py``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import shutil
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType

LIBRARIES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "pandas",
    "pyarrow.parquet",
    "matplotlib.pyplot",
    "seaborn",
    "scipy.stats",
    "sklearn.cluster",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.feature_extraction.text",
    "statsmodels.api",
    "ibis",
    "duckdb",
    "babel.numbers",
)
LAYERS = (
    "customer_profiles.ingest",
    "customer_profiles.identity",
    "customer_profiles.privacy",
    "customer_profiles.stats",
    "customer_profiles.text",
    "customer_profiles.analysis",
    "customer_profiles.viz",
)


def preload() -> None:
    """Import what notebooks import; what is absent or broken fails later, in the cell that needs it."""
    for name in (*LIBRARIES, "customer_profiles.chapter"):
        _try_import(name)
    for layer in LAYERS:
        package = _try_import(layer)
        for module in pkgutil.walk_packages(package.__path__, f"{layer}.") if package else ():
            _try_import(module.name)
    gc.collect()
    gc.freeze()


class Server:
    """Listens on a Unix socket and forks a kernel for each connection.

    Parameters
    ----------
    address : str
        Path of the socket. A client sends one JSON object (`arguments`, `folder`, `environment`) with its
        standard output and error, then one byte per signal it wants forwarded; it gets back the exit status.
    """

    def __init__(self, address: str):
        self._folder = Path(address).parent
        self._kernels: dict[socket.socket, int] = {}
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(address)
        self._listener.listen()
        self._child_ended, self._wakeup = socket.socketpair()
        self._child_ended.setblocking(False)
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Serve until standard input closes, then end every kernel and remove the folder of the socket."""
        try:
            self._serve()
        finally:
            for pid in self._kernels.values():
                _send(pid, signal.SIGKILL)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _serve(self) -> None:
        self._selector.register(sys.stdin, selectors.EVENT_READ, None)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._child_ended, selectors.EVENT_READ, self._reap)
        print("ready", flush=True)
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                key.data(key.fileobj)

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        request, outputs, _, _ = socket.recv_fds(client, 1 << 20, maxfds=2)
        self._kernels[client] = self._fork(client, request, outputs)
        for output in outputs:
            os.close(output)
        self._selector.register(client, selectors.EVENT_READ, self._obey)

    def _fork(self, client: socket.socket, request: bytes, outputs: list[int]) -> int:
        server, pid = os.getpid(), os.fork()
        if pid:
            return pid
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for end in (client, self._listener, self._child_ended, self._wakeup, *self._kernels):
                end.close()
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for standard, output in enumerate(outputs, start=1):
                os.dup2(output, standard)
                os.close(output)
            _become_kernel(server, **json.loads(request))
        except BaseException:
            traceback.print_exc()
        os._exit(1)

    def _obey(self, client: socket.socket) -> None:
        """Forward a client's signals; a client that is gone takes its kernel along."""
        pid = self._kernels[client]
        try:
            signals = client.recv(64)
        except OSError:
            signals = b""
        for number in signals or [signal.SIGKILL]:
            _send(pid, number)
        if not signals:
            os.waitpid(pid, 0)
            self._forget(client)

    def _reap(self, child_ended: socket.socket) -> None:
        """Tell clients how their kernels ended."""
        child_ended.recv(1024)
        for client, pid in list(self._kernels.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                with contextlib.suppress(OSError):
                    client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                self._forget(client)

    def _forget(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        del self._kernels[client]
        client.close()


def _become_kernel(server: int, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Run as a kernel until it is told to stop, or the server is gone."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0] = ""

    from ipykernel.kernelapp import IPKernelApp

    # pyplot is imported already, so its hooks into the shell are asked for by name.
    options = ["--matplotlib=inline", f"--IPKernelApp.parent_handle={server}"]
    IPKernelApp.launch_instance([*arguments, *options])
    sys.stdout.flush()
    os._exit(0)


def _send(pid: int, number: int) -> None:
    """Send a signal to a kernel and to the processes it started."""
    for send in (os.killpg, os.kill):  # one that has only just been forked leads no group yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)
            return


def _try_import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _threads() -> int:
    """Threads of this process, those of C libraries included where the system tells."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else threading.active_count()


def main() -> None:
    """Import, check that a fork is safe, and serve."""
    preload()
    if _threads() > 1:
        sys.exit("an imported library has started threads; kernels cannot be forked safely")
    Server(sys.argv[1]).run()


if __name__ == "__main__":
    main()
