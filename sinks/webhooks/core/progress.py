"""Which records of a partition are done, when they end in any order."""


class Progress:
    """`next` is the offset to commit: every record before it is done. None while nothing is known of the partition."""

    def __init__(self) -> None:
        self._open: dict[int, None] = {}
        self._end: int | None = None

    def __len__(self) -> int:
        return len(self._open)

    @property
    def next(self) -> int | None:
        """The least offset that is not done."""
        return next(iter(self._open), self._end)

    def begin(self, position: int) -> None:
        """Start at an offset, unless records were read already."""
        if self._end is None:
            self._end = position

    def read(self, offset: int) -> None:
        """Note a record that was read; offsets grow."""
        self._open[offset] = None
        self._end = offset + 1

    def done(self, offset: int) -> None:
        """Note that a record is done."""
        self._open.pop(offset, None)
