"""Chapter 04: scores, who answers, what drives a score and what events did to it."""
