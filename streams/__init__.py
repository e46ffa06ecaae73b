"""Topics in, topics out."""

from streams.compiled import activate

activate()
