"""What customers will do: what they are expected to order and to spend, and how well that was foreseen before."""
