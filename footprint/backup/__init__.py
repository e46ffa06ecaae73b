"""Backups: the store by its own engine, how far the sink had come, and fingerprints of what they belong to."""
