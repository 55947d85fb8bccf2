"""Chapter 04: NPS, CSAT, CES, stars and ratings; who answers, what drives them, what changed them."""
