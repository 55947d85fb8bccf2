"""Methods several chapters share: intervals, tests, rate ratios, robust regressions, trends, weights."""
