"""JupyterLab itself: opened with a notebook of the project, run to the end in the browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from customer_profiles import paths

pytestmark = pytest.mark.browser

NOTEBOOK = "01_collect_data.ipynb"
TOKEN = "only-for-this-test"
WITHIN = 180_000  # milliseconds for all cells on a busy machine


@pytest.fixture
def lab(tmp_path, demo_dataset):
    """Address of a JupyterLab on loopback, in a folder with copies of the notebooks and the demo company."""
    shutil.copytree(paths.notebooks(), tmp_path / "notebooks")
    (tmp_path / "data").mkdir()
    shutil.copytree(Path(demo_dataset).parent, tmp_path / "data" / "demo", ignore=shutil.ignore_patterns("runs"))
    # Away from the settings and extensions of whoever runs the tests.
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    environment = os.environ | own | {"CUSTOMER_PROFILES_HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    environment.pop("MPLBACKEND", None)
    log = tmp_path / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"),
                *(f"--IdentityProvider.token={TOKEN}", f"--notebook-dir={tmp_path}"),
            ],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(log)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _address(log: Path) -> str:
    """Where the server says it listens, once it answers."""
    for _ in range(240):
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found:
            try:
                json.load(urlopen(f"{found[0]}/api?token={TOKEN}", timeout=5))
                return found[0]
            except OSError:
                pass
        time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def test_a_notebook_runs_to_its_end(lab, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{lab}/lab/tree/notebooks/{NOTEBOOK}?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=WITHIN)
    page.wait_for_selector('[data-status="idle"]', state="attached", timeout=WITHIN)
    page.click('.lm-MenuBar-item:has-text("Run")')
    page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
    page.wait_for_selector('[data-status="busy"]', state="attached", timeout=WITHIN)
    # The last thing a chapter does is to print its facts.
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-OutputArea-output')].some(o => o.innerText.includes('customers: '))",
        timeout=WITHIN,
    )
    assert (
        page.locator(
            '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
        ).count()
        == 0
    )
    assert page.locator("ul.findings li").count() > 0
    page.close()
