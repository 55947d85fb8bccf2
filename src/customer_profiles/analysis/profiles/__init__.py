"""Chapter 10: typical, ideal and vulnerable customers, each on a page."""
