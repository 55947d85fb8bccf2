"""Stands in for a forked kernel: what Jupyter starts, signals and waits for instead of the kernel itself.

Run as ``python -I -S kernel_client.py SOCKET ARGUMENTS``, with the arguments of ``ipykernel_launcher``. It asks the
server (``kernel_server.py``) for a kernel, forwards interrupts and terminations to it, and ends the way the kernel
ends. If this process is killed, the server kills the kernel. Nothing is imported but the standard library: it must
start in no time.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main() -> None:
    """Ask for a kernel and live as long as it does."""
    address, *arguments = sys.argv[1:]
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.connect(address)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: server.sendall(bytes([number])))
    request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
    socket.send_fds(server, [json.dumps(request).encode()], [1, 2])

    status = int(server.recv(64) or b"1")
    if status < 0:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
