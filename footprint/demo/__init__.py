"""One realistic recorded day of a small shop."""
