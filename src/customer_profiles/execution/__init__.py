"""Unattended runs: papermill, kernels and the order of chapters."""

import sys

# jsonschema, with which nbformat checks notebooks, builds a grammar of web addresses when it is imported: 1.1 CPU
# seconds of each run (papermill's import: 1.5, without it 0.4), for a format that no schema of a notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
