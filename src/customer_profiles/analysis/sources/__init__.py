"""Chapter 01: what became of the rows, how good the sources are, how sure the matching is."""
