"""Topics in, rows out."""
