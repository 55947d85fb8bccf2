"""What texts are about: themes found or declared, their names, and how they change."""
