"""Exactly-once delivery on Faust: the one place that knows its internals."""
