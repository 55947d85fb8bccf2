"""From cells as text to values of the contract: notation, types, cleaning."""
