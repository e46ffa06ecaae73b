"""History from files: read lines, send them through the collector's own entry, wait until they are stored."""
