"""A newcomer with an empty clone and a folder of exports does what README says: the report has the right totals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from own_shop import make_exports
from support import ROOT

COMMANDS = re.search(
    r"## Your own data\n\n```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
)
MADE = ("PYTHONPATH", "VIRTUAL_ENV", "CUSTOMER_PROFILES_HOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


@pytest.mark.report
@pytest.mark.xdist_group("newcomer")
@pytest.mark.parametrize(
    "install", [pytest.param(False, id="installed"), pytest.param(True, id="from_nothing", marks=pytest.mark.slow)]
)
def test_from_an_empty_clone_to_the_right_totals(install, tmp_path):
    """Between `init` and `check` the newcomer agrees to what is open.

    Libraries come from the environment of this test, without a network; the slow proof installs them anew.
    """
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout to clone")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    truth = make_exports(clone / "data" / "myshop" / "raw")
    file = clone / "data" / "myshop" / "dataset.yaml"
    lines = [line.split("  #")[0].strip() for line in COMMANDS[1].replace("yourcompany", "myshop").splitlines()]
    assert [line.split()[1] for line in lines] == ["init", "check", "report"]
    environment = {name: value for name, value in os.environ.items() if name not in MADE}
    if not install:
        (clone / ".venv").symlink_to(sys.prefix)
        (clone / ".venv" / ".ready").touch()
        environment["PYTHONPATH"] = str(clone / "src")
    for line in lines:
        done = subprocess.run(line.split(), cwd=clone, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        if "init" in line:
            text = file.read_text(encoding="utf-8")
            assert "OPEN" in text.split("sources:")[0]
            file.write_text(re.sub(r" +# OPEN .*", "", text), encoding="utf-8")
    page = done.stdout.strip().splitlines()[-1]
    assert page == str(clone / "reports" / "myshop" / "latest" / "index.html")
    run = clone / "data" / "myshop" / "runs" / "latest"
    facts = json.loads((run / "chapters" / "00" / "facts.json").read_text(encoding="utf-8"))
    expected = truth | {"spend": pytest.approx(truth["sales"], abs=0.01)}
    told = {name: facts[name] for name in ("customers", "orders", "spend", "tickets", "answers")}
    assert told == {name: expected[name] for name in told}
    assert f"{truth['customers']:.0f}" in Path(page).read_text(encoding="utf-8")
