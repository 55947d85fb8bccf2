"""What a text is before anybody counts it: its language, its words, the names to take out, what may be quoted."""
