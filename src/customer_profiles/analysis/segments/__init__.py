"""Chapter 05: segments, whether they are real, and how they are reached."""
