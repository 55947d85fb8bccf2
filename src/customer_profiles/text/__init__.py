"""What customers write: its language, its words, its themes and its sentiment."""
