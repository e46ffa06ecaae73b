"""Alerts out: one signed HTTP call for each signal that fired, or task that was not done in time, and each address that wants it."""
