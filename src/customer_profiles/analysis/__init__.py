"""What the tables say: one package per chapter, pure functions from frames to results."""
