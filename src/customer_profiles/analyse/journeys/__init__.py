"""The ways customers take: visits and their steps, the time to the next one, contacts, stages of the relation."""
