"""Chapter 08: whom a contact moves, which prospects become customers, and whom to address now."""
