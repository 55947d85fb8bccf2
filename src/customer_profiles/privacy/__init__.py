"""What may be shown, whose data may be used, and what is taken out of texts."""
