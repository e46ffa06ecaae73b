"""Wiring: each module builds one process of the line from settings and runs it."""
