"""Topics in, topics out."""
