"""One reader per format of file or database; each yields cells as text."""
