"""Signed addresses as senders make them: on a shell and in Python."""

import pytest
from typer import Typer
from typer.testing import CliRunner

from collector.core.links import LinkReader, Mailed
from footprint.cli import email
from footprint.email import Sender
from schemas.errors import Misconfigured

ARGUMENTS = ["--site", "shop", "--customer", "c-42", "--message", "news-7"]
MAILED = Mailed("shop", "news-7", "c-42")
ADDRESS = "https://collect.shop.example"


@pytest.fixture
def said(monkeypatch, tmp_path):
    """Returns the lines that a command prints."""
    monkeypatch.setenv("FOOTPRINT_SECRET_KEYS", "old,new")
    monkeypatch.setenv("FOOTPRINT_PUBLIC_URL", f"{ADDRESS}/")
    monkeypatch.chdir(tmp_path)
    app = Typer()
    email.register(app)

    def run(*arguments):
        done = CliRunner().invoke(app, ["email", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout.splitlines()

    return run


def read(address, purpose):
    token = address.removeprefix(ADDRESS).removesuffix(".gif").rpartition("/")[2]
    return LinkReader(["new"]).read(token.encode(), purpose).mailed


def test_an_address_stands_alone_and_is_signed_by_the_newest_key(said):
    (pixel,) = said("pixel", *ARGUMENTS)
    (link,) = said("link", *ARGUMENTS, "--index", "3", "https://shop.example/offer")
    assert pixel.startswith(f"{ADDRESS}/e/o/")
    assert read(pixel, "pixel") == MAILED
    assert read(link, "link") == Mailed("shop", "news-7", "c-42", 3, "https://shop.example/offer")


def test_the_pair_of_headers_for_one_click_comes_before_the_address(said):
    unsubscribe, post, address = said("unsubscribe", *ARGUMENTS, "--headers")
    assert read(address, "unsubscribe") == MAILED
    assert unsubscribe == f"List-Unsubscribe: <{address}>"
    assert post == "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    assert said("unsubscribe", *ARGUMENTS) == [address]


def test_a_sender_makes_the_same_in_python():
    mail = Sender("new", ADDRESS).mail(site="shop", message="news-7", customer="c-42")
    assert mail.headers() == {"List-Unsubscribe": f"<{mail.unsubscribe()}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert read(mail.pixel(), "pixel") == MAILED
    with pytest.raises(Misconfigured, match="absolute http"):
        mail.link("javascript:alert(1)")
