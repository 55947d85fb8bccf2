"""What many tests share: the demo company, and a finished report of it, made once per session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

ROOT = Path(__file__).parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"
