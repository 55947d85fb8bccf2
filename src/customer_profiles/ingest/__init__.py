"""Raw exports become canonical tables, and those become one profile per customer."""
