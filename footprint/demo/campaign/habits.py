"""What happens to a letter in each sort of mailbox: what is fetched, by whom, and which pages somebody then reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from footprint.demo.campaign.letters import Letter
from footprint.demo.campaign.recipients import Habit
from footprint.demo.cast import BROWSERS, PLACES

MAIL_PROGRAM = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE = "Mozilla/5.0"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
"""What a mail program posts when its own button is pressed (RFC 8058)."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for an address of a letter. `reads`: a person follows it and stays on the page; `form` makes it a POST."""

    url: str
    user_agent: str
    address: str
    reads: bool = False
    form: Mapping[str, str] | None = None


Life = Callable[[Letter, Random], Iterator[Fetch]]


def nothing(_letter: Letter, _random: Random) -> Iterator[Fetch]:
    """Leave the letter unread."""
    yield from ()


def glances(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Look at the letter in a mail program that fetches images when it is opened."""
    yield Fetch(letter.pixel, MAIL_PROGRAM, _address(random))


def reads(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Look at it there, follow a link and read the page."""
    yield from glances(letter, random)
    yield _click(letter, random, reads=True)


def hurries(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Follow a link and be gone before the page is there."""
    yield from glances(letter, random)
    yield _click(letter, random, reads=False)


def apple(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Have a phone that fetches every image by itself, whether anybody looks or not."""
    yield Fetch(letter.pixel, APPLE, f"17.58.{random.randrange(256)}.{random.randrange(1, 255)}")


def apple_reads(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Have such a phone, follow a link and read the page."""
    yield from apple(letter, random)
    yield _click(letter, random, reads=True)


def gmail(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Look at it where a proxy fetches the images: somebody may have looked, nobody knows who and where."""
    for _ in range(random.randint(1, 2)):  # it comes again when the letter is looked at again
        yield Fetch(letter.pixel, GMAIL, f"66.249.{random.randrange(80, 96)}.{random.randrange(1, 255)}")


def gmail_reads(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Look at it there, follow a link and read the page."""
    yield from gmail(letter, random)
    yield _click(letter, random, reads=True)


def scanned(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Have an employer whose security looks at everything in a letter, as ordinary browsers from many places, before anybody sees it."""
    for url in (letter.pixel, *letter.links):
        yield Fetch(url, random.choice(BROWSERS).user_agent, _address(random))


def unsubscribes(letter: Letter, random: Random) -> Iterator[Fetch]:
    """Press the mail program's own button to unsubscribe."""
    yield from glances(letter, random)
    yield Fetch(letter.one_click, MAIL_PROGRAM, _address(random), form=ONE_CLICK)


LIVES: Mapping[Habit, Life] = {
    "forgets": nothing,
    "glances": glances,
    "reads": reads,
    "hurries": hurries,
    "apple": apple,
    "apple_reads": apple_reads,
    "gmail": gmail,
    "gmail_reads": gmail_reads,
    "scanned": scanned,
    "unsubscribes": unsubscribes,
    "complains": glances,
    "bounces": nothing,
}


def _click(letter: Letter, random: Random, *, reads: bool) -> Fetch:
    return Fetch(random.choice(letter.seen), random.choice(BROWSERS).user_agent, _address(random), reads=reads)


def _address(random: Random) -> str:
    return f"{random.choice(PLACES)[1]}.{random.randrange(256)}.{random.randrange(1, 255)}"
