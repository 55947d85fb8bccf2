"""The questions of the chapters as methods, each a few lines that call what the notebooks call, with their defaults.

A result equals the table that the run has published, as long as nothing else is asked for and nothing is hidden.
"""

from .experience import Experience
from .groups import Groups
from .people import People


class Questions(People, Experience, Groups):
    """Everything that can be asked of a run."""
