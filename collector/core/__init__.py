"""What the collector decides, without doing it."""
