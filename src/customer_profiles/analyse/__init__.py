"""One module per question: pure functions from tables to tables and findings."""
