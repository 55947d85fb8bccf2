"""Chapter 02: who the customers are, compared with a base, and where they live."""
