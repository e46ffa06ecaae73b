"""HTTP in, topic out."""
