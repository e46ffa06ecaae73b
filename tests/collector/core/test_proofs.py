"""Tokens say what was signed, and nothing else: no text makes a reader raise."""

import re
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from collector.core.proofs import LIFETIME_S, Proof, read_customer, read_visitor, sign_visitor

NOW = 1_790_000_000_000
PROOF = Proof("shop", (b"old", b"new"), (b"c" * 32,))
PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "show-what-visitors-like.md").read_text("utf-8")


@given(st.text(max_size=200), st.integers(0, 2 * LIFETIME_S))
def test_a_visitor_token_names_its_visitor_until_it_ends(visitor, later):
    token = sign_visitor(visitor, PROOF, now_ms=NOW)
    now = NOW + later * 1000
    assert read_visitor(token, PROOF, now_ms=now) == (visitor if later <= LIFETIME_S else None)
    assert read_visitor(token, Proof("other", (b"of another",)), now_ms=now) is None
    assert read_customer(token, PROOF, now_ms=now) is None


@given(st.one_of(st.text(), st.from_regex(r"p1\.[0-9a-f]{1,9}\.[\w-]{0,20}\.[\w-]{0,44}"), st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]+")))
def test_no_text_is_a_token_that_nobody_signed(text):
    assert read_visitor(text, PROOF, now_ms=NOW) is None
    assert read_customer(text, PROOF, now_ms=NOW) is None


@given(st.data())
def test_a_token_of_which_anything_was_changed_is_none(data):
    token = sign_visitor("v-1", PROOF, now_ms=NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda one: one != token[place]))
    assert read_visitor(token[:place] + other + token[place + 1 :], PROOF, now_ms=NOW) is None


def test_the_code_of_the_documentation_makes_tokens_that_are_read():
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    given_names = {}
    exec(code, given_names)
    made = given_names["customer_token"]("ada", "shop", "c" * 32)
    now = time.time_ns() // 1_000_000
    assert read_customer(made, PROOF, now_ms=now) == "ada"
    assert read_customer(made, Proof("other", (), PROOF.customer), now_ms=now) is None
    assert read_customer(made, PROOF, now_ms=now + 700_000) is None
