"""The outer ring: command line, settings, logging, wiring, supervisor, local servers and demo."""
