"""Tokens of e-mails: what itsdangerous signs is read, anything else is not, and nothing raises."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from collector.core.links import SALTS, LinkReader, Mailed, landing, require_target, sign
from schemas.errors import Misconfigured

TARGET = "https://shop.example/offer?a=1#part"
MAIL = Mailed("demo", "news-7", "c1", 2, TARGET)
purposes = st.sampled_from(sorted(SALTS))
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=60)
mails = st.builds(Mailed, texts, texts, texts, st.integers(0, 999), st.just(TARGET))


def itsdangerous_token(fields, purpose):
    serializer = URLSafeSerializer("k", salt=SALTS[purpose], signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"})
    return serializer.dumps(fields).encode()


@given(mails, purposes)
def test_what_is_signed_is_read_again(mailed, purpose):
    read = LinkReader(["old", "new"]).read(sign(mailed, purpose, "new").encode(), purpose)
    assert (read.mailed, read.retired) == (mailed, False)


@given(mails, purposes)
def test_a_sender_needs_only_itsdangerous(mailed, purpose):
    serializer = URLSafeSerializer("k", salt=f"footprint.{purpose}.v1", signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"})
    fields = [mailed.site, mailed.message, mailed.customer, mailed.index, mailed.target]
    assert LinkReader(["k"]).read(serializer.dumps(fields).encode(), purpose).mailed == mailed
    assert serializer.loads(sign(mailed, purpose, "k")) == fields


@given(st.data())
def test_a_token_that_was_changed_anywhere_is_not_read(data):
    token = sign(MAIL, "link", "k").encode()
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.binary(max_size=2)) + token[at + 1 :]
    assert changed == token or LinkReader(["k"]).read(changed, "link") is None


@given(st.binary(max_size=200))
def test_no_bytes_are_read_or_raise(token):
    assert LinkReader(["k"], ["r"]).read(token, "link") is None


def test_older_keys_are_good_retired_ones_are_told_and_others_are_not_read():
    token = sign(MAIL, "link", "old").encode()
    assert LinkReader(["old", "new"]).read(token, "link").retired is False
    assert LinkReader(["new"], ["old"]).read(token, "link").retired is True
    assert LinkReader(["new"]).read(token, "link") is None


def test_a_token_of_one_purpose_is_none_of_another():
    reader = LinkReader(["k"])
    assert reader.read(sign(MAIL, "pixel", "k").encode(), "link") is None
    assert reader.read(sign(MAIL, "unsubscribe", "k").encode(), "pixel") is None


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/a",
        "ftp://a.example",
        "javascript:alert(1)",
        "https://",
        "https://u:p@a.example",
        "https://a.example/\n",
        "//a.example",
        "https://a b",
        "https:\\\\a.example",
        "http://[",
        "https://a.example/" + "x" * 2000,
    ],
)
def test_a_link_leads_to_a_web_page_or_is_not_signed(target):
    with pytest.raises(Misconfigured, match="absolute http"):
        require_target(target)
    token = itsdangerous_token(["demo", "news", "c1", 1, target], "link")
    assert LinkReader(["k"]).read(token, "link") is None


@pytest.mark.parametrize(
    "fields", [[1, "m", "c", 1, TARGET], ["s", "m", None, 1, TARGET], ["s", "m", "c", "1", TARGET], ["s", "m", "c", -1, TARGET]]
)
def test_what_a_program_of_the_operators_signed_otherwise_is_not_read(fields):
    assert LinkReader(["k"]).read(itsdangerous_token(fields, "link"), "link") is None
    assert LinkReader(["k"]).read(itsdangerous_token(fields[:4], "link"), "link") is None
    assert LinkReader(["k"]).read(itsdangerous_token({"site": "s"}, "link"), "link") is None


@pytest.mark.parametrize(
    ("target", "landed"),
    [
        ("https://a.example", "https://a.example?fp_click=X"),
        ("https://a.example/?q=1", "https://a.example/?q=1&fp_click=X"),
        ("https://a.example/#top", "https://a.example/?fp_click=X#top"),
        ("https://a.example/a?b#c?d", "https://a.example/a?b&fp_click=X#c?d"),
    ],
)
def test_the_landing_page_carries_the_click(target, landed):
    assert landing(target, "X") == landed.encode()
