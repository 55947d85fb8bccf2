"""Methods several chapters share: intervals, tests, rate ratios, robust and segmented regressions."""
