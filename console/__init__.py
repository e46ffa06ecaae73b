"""Read-only web pages over the store."""
