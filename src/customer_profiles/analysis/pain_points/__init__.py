"""Chapter 03: what hurts customers, whom it hits and what goes with it."""
