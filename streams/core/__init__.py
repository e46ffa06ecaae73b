"""What the streams decide, without doing it."""
