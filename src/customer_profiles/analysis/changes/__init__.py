"""What changed since the last run, and whether it is the customers or the data."""
