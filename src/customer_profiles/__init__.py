"""From raw customer exports to one profile per customer and to reports that can be trusted."""

__version__ = "0.1.0"
