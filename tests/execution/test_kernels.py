"""Forked kernels give what kernels of their own give, stay apart, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from traitlets.config import Config

from customer_profiles.execution import kernels as module
from customer_profiles.execution.kernels import COLD, SWITCH, Kernels

CELLS = (
    "import os, sys, random\nimport numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "pd.DataFrame({'a': [1.5, None], 'b': ['x', 'y']})",
    "np.random.default_rng(1).normal(size=3).round(6).tolist()",
    "plt.figure(figsize=(2, 1))\nplt.plot([1, 3, 2])\nplt.show()",
    "from sklearn.cluster import KMeans\nrng = np.random.default_rng(2)\n"
    "KMeans(3, n_init=2, random_state=0).fit_predict(rng.normal(size=(40, 2))).tolist()",
    "print(__name__, os.path.basename(os.getcwd()), os.environ['OMP_NUM_THREADS'], hash('text'))",
    "import warnings\nwarnings.warn('seen')",
)  # fmt: skip


def run(kernels: Kernels, *cells: str, folder: Path | None = None, **options) -> list[list]:
    """Outputs of the cells, without what a process can only have of its own."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    config = Config({"KernelManager": {"transport": "ipc"}})
    resources = {"metadata": {"path": str(folder or Path.cwd())}}
    client = NotebookClient(
        notebook, kernel_manager_class=kernels.manager(), config=config, resources=resources, **options
    )
    client.execute()
    return [[_comparable(output) for output in cell.outputs] for cell in notebook.cells]


def _comparable(output):
    if output.output_type == "stream":  # a warning names the cell's file, which carries the process id
        return output.name, [line for line in output.text.splitlines() if "ipykernel_" not in line]
    return output.data


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


@pytest.fixture(scope="module")
def warm():
    with Kernels() as kernels:
        assert kernels.forked, kernels.note
        yield kernels


@pytest.fixture
def cold(monkeypatch):
    monkeypatch.setenv(SWITCH, COLD)
    with Kernels() as kernels:
        yield kernels


def test_outputs_equal_those_of_a_kernel_of_its_own(warm, cold, tmp_path):
    assert not cold.forked
    assert SWITCH in cold.note
    forked = run(warm, *CELLS, folder=tmp_path)
    assert forked == run(cold, *CELLS, folder=tmp_path)
    assert "image/png" in forked[3][0]


def test_kernels_share_nothing(warm):
    run(warm, "import pandas as pd\npd.changed = True\nleft = 1")
    assert run(warm, "import pandas as pd\nprint(hasattr(pd, 'changed'), 'left' in globals())") == [
        [("stdout", ["False False"])]
    ]


def test_a_killed_kernel_is_reported_as_dead(warm):
    with pytest.raises(DeadKernelError):
        run(warm, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")


def test_a_crash_is_reported_as_death(warm):
    with pytest.raises(DeadKernelError):
        run(warm, "import ctypes\nctypes.string_at(0)")


def test_a_cell_that_never_ends_is_ended(warm, tmp_path):
    pid_file = tmp_path / "pid"
    endless = f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True: pass"
    with pytest.raises(CellTimeoutError):
        run(warm, endless, timeout=2)
    assert gone(int(pid_file.read_text()))


def test_an_interrupt_reaches_the_kernel(warm):
    outputs = run(
        warm,
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('interrupted')",
        timeout=2,
        interrupt_on_timeout=True,
    )
    assert outputs == [[("stdout", ["interrupted"])]]


@pytest.mark.parametrize("end", ["close", "kill the server"])
def test_no_kernel_outlives_its_source(end, tmp_path):
    with Kernels() as kernels:
        kernel = subprocess.Popen(
            [part.replace("{connection_file}", str(tmp_path / "c.json")) for part in kernels._command()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        server = kernels._server.pid
        children = Path(f"/proc/{server}/task/{server}/children")
        deadline = time.monotonic() + 10
        while not (forked := children.read_text().split()) and time.monotonic() < deadline:
            time.sleep(0.05)
        if end != "close":
            os.kill(server, signal.SIGKILL)
            assert kernel.wait(timeout=10) != 0
            assert gone(int(forked[0]))
    assert kernel.wait(timeout=10) != 0
    assert gone(int(forked[0]))
    assert gone(server)
    assert not kernels.folder.exists()


def test_a_server_that_does_not_start_is_done_without(monkeypatch):
    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    with Kernels() as kernels:
        assert not kernels.forked
        assert kernels.note


def test_a_long_path_of_temporary_files_is_no_obstacle(monkeypatch, tmp_path, cold):
    long = tmp_path / ("a" * 80)
    long.mkdir()
    monkeypatch.setattr(module.tempfile, "tempdir", str(long))
    with Kernels() as kernels:
        assert run(kernels, "1 + 1") == [[{"text/plain": "2"}]]
