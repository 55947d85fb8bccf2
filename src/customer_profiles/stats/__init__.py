"""Methods that chapters share, thin over scipy and statsmodels: intervals, tests, families, regression, survival."""
