"""Alerts out: one signed HTTP call for each signal that fired and each address that wants it."""
