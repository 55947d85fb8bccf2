"""From published tables and findings to pages: wording, charts, tables, privacy, export and publication."""
