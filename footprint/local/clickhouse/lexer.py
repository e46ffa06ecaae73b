"""Words of a statement, read as ClickHouse's own lexer reads them.

What the two could read differently (a heredoc, a typographic quote, a lone carriage return) is refused, not guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Unreadable(ValueError):
    """The statement has something that the lexer does not read."""


class Form(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED_NAME = auto()
    STRING = auto()
    NUMBER = auto()
    SIGN = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` of a quoted name is without its quotes, of a string empty."""

    form: Form
    text: str

    @property
    def names(self) -> bool:
        """True for a word and for a quoted name."""
        return self.form in (Form.WORD, Form.QUOTED_NAME)

    def word(self) -> str:
        """Return a bare word in capitals, empty for everything else."""
        return self.text.upper() if self.form is Form.WORD else ""


TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n\f\v]+ | --[^\r\n]* | /\*(?:(?!\*/|/\*).)*\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<backtick>`(?:[^`\\]|\\.|``)*`)
    | (?P<quoted>"(?:[^"\\]|\\.|"")*")
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>[0-9][A-Za-z0-9_.]*)
    | (?P<sign>/(?!\*) | [-+*%=<>!,.;:?@|&^~(){}\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
FORMS = {
    "string": Form.STRING,
    "backtick": Form.QUOTED_NAME,
    "quoted": Form.QUOTED_NAME,
    "word": Form.WORD,
    "number": Form.NUMBER,
    "sign": Form.SIGN,
}


def tokens(statement: str) -> Iterator[Token]:
    """Yield the tokens of a statement without space and comments; raises Unreadable."""
    if "\r" in statement.replace("\r\n", "\n"):
        raise Unreadable("a carriage return without a newline")
    at = 0
    while at < len(statement):
        found = TOKEN.match(statement, at)
        if not found or not found.lastgroup:
            raise Unreadable(f"{statement[at]!r} outside quotes")
        at = found.end()
        if found.lastgroup != "space":
            yield _token(FORMS[found.lastgroup], found[0])


def _token(form: Form, text: str) -> Token:
    if form is Form.STRING:
        return Token(form, "")
    if form is Form.QUOTED_NAME:
        return Token(form, re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL))
    return Token(form, text)
