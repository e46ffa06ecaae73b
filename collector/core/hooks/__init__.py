"""Webhooks of e-mail providers: whether one is genuine, and the events it tells of. Pure; the edge is collector/hooks.py."""
