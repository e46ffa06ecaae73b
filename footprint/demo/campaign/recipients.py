"""Who gets the campaign, and how each reads e-mails: forty people, all of them known in advance."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from footprint.demo.cast import FIRST_NAMES, LAST_NAMES

Habit = Literal[
    "forgets",
    "glances",
    "reads",
    "hurries",
    "apple",
    "apple_reads",
    "gmail",
    "gmail_reads",
    "scanned",
    "unsubscribes",
    "complains",
    "bounces",
]

HABITS: tuple[tuple[Habit, int], ...] = (
    ("forgets", 5),
    ("glances", 4),
    ("reads", 5),
    ("hurries", 1),
    ("apple", 8),
    ("apple_reads", 3),
    ("gmail", 5),
    ("gmail_reads", 3),
    ("scanned", 3),
    ("unsubscribes", 1),
    ("complains", 1),
    ("bounces", 1),
)
"""How many do what with the letter: footprint/demo/campaign/habits.py says what that is."""
READERS = frozenset({"reads", "apple_reads", "gmail_reads"})
"""Who follows a link and stays to read."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A customer of the shop with a mailbox, and what becomes of a letter there."""

    customer: str
    name: str
    address: str
    habit: Habit


def recipients(random: Random) -> list[Recipient]:
    """Return everybody who gets the letter, each customer once, in the order in which it is sent."""
    everybody = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    habits = list(_habits())
    random.shuffle(habits)
    return [_recipient(name, habit) for name, habit in zip(random.sample(everybody, len(habits)), habits, strict=True)]


def reader(random: Random) -> str:
    """Return a customer who gets the letter by Gmail and reads on, for the same numbers as `recipients`."""
    return next(one.customer for one in recipients(random) if one.habit == "gmail_reads")


def _habits() -> Iterator[Habit]:
    for habit, count in HABITS:
        yield from [habit] * count


def _recipient(name: str, habit: Habit) -> Recipient:
    customer = f"{name.replace(' ', '-').lower()}-by-mail"
    return Recipient(customer, name, f"{customer}@mail.example", habit)
