"""Sentiment learnt from comments that came with a score, and from word lists where there are too few."""
