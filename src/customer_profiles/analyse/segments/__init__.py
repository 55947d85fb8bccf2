"""Chapter 05: which groups customers form, how real they are, and what a team can do with them."""
