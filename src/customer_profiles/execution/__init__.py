"""Unattended runs: papermill, kernels and the order of chapters."""
