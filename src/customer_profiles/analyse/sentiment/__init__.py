"""How comments sound, learned from the own scores or from word lists, with the measured error."""
