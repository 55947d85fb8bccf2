"""Which records are one person or one company, their golden record and their stable ids."""
