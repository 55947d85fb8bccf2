"""Files and databases read row by row, each value as it stands there or not at all."""
