"""What the sinks decide, without doing it."""
