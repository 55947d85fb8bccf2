"""Chapter 02: who the customers are, and where they differ from others."""
