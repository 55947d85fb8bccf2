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

import nbformat
import pytest

from customer_profiles import paths

pytestmark = pytest.mark.browser

NOTEBOOK = "01_collect_data.ipynb"
TOKEN = "only-for-this-test"
FACTS = '.jp-OutputArea-output:has-text("rows_read: ")'
FAILURE = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
WITHIN = 180_000  # milliseconds for all cells on a busy machine


@pytest.fixture
def lab(tmp_path, demo_dataset):
    """Address of a JupyterLab on loopback, in a folder with a copy of the notebook and of the demo company."""
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.read(paths.notebooks() / NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []  # what is seen later was made here
    nbformat.write(notebook, tmp_path / "notebooks" / NOTEBOOK)
    (tmp_path / "data").mkdir()
    shutil.copytree(Path(demo_dataset).parent, tmp_path / "data" / "demo", ignore=shutil.ignore_patterns("runs"))
    # Away from the settings and extensions of whoever runs the tests.
    own = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    settings = tmp_path / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # cells out of sight stay in the page
    own["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
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
    page.set_default_timeout(WITHIN)
    page.goto(f"{lab}/lab/tree/notebooks/{NOTEBOOK}?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.locator("#jp-main-statusbar", has_text="Python 3 (ipykernel) | Idle").wait_for()
    page.click('.lm-MenuBar-item:has-text("Run")')
    page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
    # The last thing a chapter does is to print its facts.
    page.locator(FACTS).or_(page.locator(FAILURE)).first.wait_for(state="attached")
    assert page.locator(FAILURE).all_inner_texts() == []
    assert page.locator("section.panel h3").count() > 0
    page.close()
