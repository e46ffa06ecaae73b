"""The two ways the world or the operator can fail a stage; an event's own fault is a `Rejection`, a value."""


class Retryable(Exception):
    """The world's fault (a broker or store is away): back off and try again, nothing was acknowledged."""


class Misconfigured(Exception):
    """The operator's fault: do not start. The message says what is wrong and ends with what to change."""
