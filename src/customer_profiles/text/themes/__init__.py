"""Themes: groups of texts that use the same words, their names and their taxonomy."""
