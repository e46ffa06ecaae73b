"""The demo's campaign before anybody collects it: who gets it, what stands in it, and what happens to it in each mailbox."""

from collections import Counter
from random import Random

import pytest

from collector.core.hooks import postmark
from collector.core.links import LinkReader, Mailed
from footprint.demo.campaign import letters, mailbox
from footprint.demo.campaign.habits import LIVES, ONE_CLICK
from footprint.demo.campaign.recipients import HABITS, READERS, Recipient, recipients
from footprint.demo.campaign.reports import reports
from footprint.demo.line import free_ports
from footprint.email import Sender
from schemas.errors import Retryable
from schemas.kinds import Kind

ADDRESS, KEY, SITE = "https://collect.shop.example", "a key that is long enough", "demo"
ANNA = Recipient("anna-" + "x" * 60, "Änna Meyer", "anna@mail.example", "reads")
NOW = 1_790_000_000_000


def written(recipient):
    return letters.write(recipient, Sender(KEY, ADDRESS).mail(site=SITE, message=letters.MESSAGE, customer=recipient.customer))


@pytest.fixture(scope="module")
def box():
    """A mailbox that a letter was sent to, over SMTP."""
    with mailbox.Mailbox() as box:
        mailbox.send([written(ANNA)], box.port)
    return box


@pytest.fixture(scope="module")
def letter(box):
    [taken] = box.letters()
    return letters.read(taken)


def meant(url):
    """What an address of a letter says, as the collector reads it."""
    purpose = {"o": "pixel", "c": "link", "u": "unsubscribe"}[url.removeprefix(f"{ADDRESS}/e/")[0]]
    token = url.rpartition("/")[2].removesuffix(".gif")
    return LinkReader([KEY]).read(token.encode(), purpose).mailed


def test_forty_customers_get_it_and_it_is_known_what_each_does():
    everybody = recipients(Random(7))
    assert len({one.customer for one in everybody}) == len({one.address for one in everybody}) == 40
    assert Counter(one.habit for one in everybody) == dict(HABITS)
    assert recipients(Random(7)) == everybody
    assert LIVES.keys() == {habit for habit, _ in HABITS} >= READERS


def test_a_letter_arrives_with_every_address_that_was_signed(letter):
    about = (SITE, letters.MESSAGE, ANNA.customer)
    assert letter.recipient == ANNA.address
    assert meant(letter.pixel) == Mailed(*about)
    assert [meant(url).index for url in letter.seen] == [1, 2, 3]
    assert all(meant(url).target.startswith("https://shop.example/") for url in letter.seen)
    assert {letters.TRAP} == {meant(url).index for url in letter.links if "/e/c/" in url and url not in letter.seen}


def test_the_button_of_a_mail_program_finds_its_address_whole(letter, box):
    assert meant(letter.one_click) == Mailed(SITE, letters.MESSAGE, ANNA.customer)
    [raw] = box._taken
    assert f"List-Unsubscribe: <{letter.one_click}>\r\n".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_a_mail_server_that_is_away_is_told():
    [port] = free_ports(1)
    with pytest.raises(Retryable, match="mail server"):
        mailbox.send([written(ANNA)], port)


def test_people_follow_only_links_that_are_seen_and_some_of_them_read(letter):
    for habit, life in LIVES.items():
        clicks = [fetch for fetch in life(letter, Random(7)) if "/e/c/" in fetch.url]
        if habit != "scanned":
            assert [fetch.url for fetch in clicks if fetch.url not in letter.seen] == [], habit
            assert [fetch.reads for fetch in clicks] == ([habit in READERS] if habit in {*READERS, "hurries"} else []), habit


def test_a_scanner_follows_everything_from_many_places(letter):
    fetches = list(LIVES["scanned"](letter, Random(7)))
    assert {fetch.url for fetch in fetches} == {letter.pixel, *letter.links}
    assert len({fetch.address for fetch in fetches}) == len(fetches)
    assert not any(fetch.form or fetch.reads for fetch in fetches)


def test_one_person_unsubscribes_by_the_button_alone(letter):
    posts = [(habit, fetch) for habit, life in LIVES.items() for fetch in life(letter, Random(7)) if fetch.form]
    assert [(habit, fetch.url, fetch.form) for habit, fetch in posts] == [("unsubscribes", letter.one_click, ONE_CLICK)]


@pytest.mark.parametrize(
    ("habit", "kinds"),
    [
        ("reads", [Kind.EMAIL_DELIVERED]),
        ("scanned", [Kind.EMAIL_DELIVERED]),
        ("bounces", [Kind.EMAIL_BOUNCE]),
        ("complains", [Kind.EMAIL_DELIVERED, Kind.EMAIL_COMPLAINT]),
    ],
)
def test_the_provider_reports_what_became_of_a_letter(habit, kinds):
    recipient = Recipient("anna", "Anna", "anna@mail.example", habit)
    told = [one for report in reports(recipient, "m", sent_ms=NOW - 60_000, now_ms=NOW) for one in postmark.reports(report)]
    assert [one.kind for one in told] == kinds
    assert {(one.told["footprint_customer"], one.told["footprint_message"]) for one in told} == {("anna", "m")}
