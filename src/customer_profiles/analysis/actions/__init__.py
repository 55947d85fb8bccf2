"""Chapter 09: what to do, and whether earlier actions kept their promise."""
