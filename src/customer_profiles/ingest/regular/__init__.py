"""The short way for what is written regularly; whatever is not takes the careful way, which gives the same result."""
