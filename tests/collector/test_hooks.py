"""Webhooks of the e-mail providers: genuine ones become events once, anything else none, and each provider gets the answer it wants."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from collector.core.hooks import ses
from collector.core.sites import SiteRules
from tests.collector.conftest import NOW

SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SNS_KEY = rsa.generate_private_key(65537, 2048)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail"
CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem"


def verification_key(key):
    encoded = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(encoded).decode()


SECRETS = {
    "sendgrid": f"{verification_key(ec.generate_private_key(ec.SECP256R1()))}, {verification_key(SENDGRID_KEY)}",
    "mailgun": "an older key, signing-key",
    "postmark": "s3cret,the next secret",
    "ses": f"arn:aws:sns:eu-west-1:1:other, {TOPIC}",
}
SECONDS = NOW // 1000 - 60


def certificate():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(SNS_KEY.public_key()).serial_number(1)
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(SNS_KEY, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


CERTIFICATE = certificate()


@pytest.fixture
def config(config):
    return replace(config, rules={"demo": SiteRules("demo", hooks=SECRETS)})


@pytest.fixture(autouse=True)
def fetched(monkeypatch):
    """What was fetched of SNS."""
    urls = []

    async def fetch(url):
        urls.append(url)
        return CERTIFICATE

    monkeypatch.setattr("collector.hooks.Hooks.__init__.__kwdefaults__", {"fetch": fetch})
    return urls


def sendgrid(events):
    body, timestamp = json.dumps(events).encode(), str(SECONDS)
    signature = SENDGRID_KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }
    return {"url": "/hooks/sendgrid/demo", "content": body, "headers": headers}


def mailgun(event, token="t" * 50, at=SECONDS):
    signature = hmac.new(b"signing-key", f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "url": "/hooks/mailgun/demo/",
        "json": {"signature": {"timestamp": str(at), "token": token, "signature": signature}, "event-data": event},
    }


def postmark(record, secret="s3cret"):
    return {"url": f"/hooks/postmark/demo?secret={secret}", "json": record}


def sns(message, kind="Notification", number="m1", **fields):
    envelope = {
        "Type": kind,
        "MessageId": number,
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-09-21T12:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        **fields,
    }
    names = ses.SIGNED if kind == "Notification" else ses.SIGNED_CONFIRMATION
    content = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    signature = SNS_KEY.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())
    envelope["Signature"] = base64.b64encode(signature).decode()
    return {"url": "/hooks/ses/demo", "content": json.dumps(envelope).encode(), "headers": {"content-type": "text/plain; charset=UTF-8"}}


TOLD = {"footprint_customer": "c1", "footprint_message": "news-7"}
GRID = [
    {"email": "Ann@example.com", "timestamp": SECONDS, "event": "delivered", "sg_event_id": "e1", "sg_message_id": "abc.recvd-1", **TOLD},
    {
        "email": "ann@example.com",
        "timestamp": SECONDS + 9,
        "event": "open",
        "sg_event_id": "e2",
        "sg_message_id": "abc.recvd-1",
        "sg_machine_open": True,
        "ip": "203.0.113.7",
        "useragent": "Mozilla/5.0",
        **TOLD,
    },
    {"email": "ann@example.com", "timestamp": SECONDS + 20, "event": "click", "sg_event_id": "e3", "url": "https://shop.example/a", **TOLD},
    {
        "email": "Bob@Example.com",
        "timestamp": SECONDS,
        "event": "bounce",
        "type": "bounce",
        "reason": "550 no such user",
        "status": "5.1.1",
        "sg_event_id": "e4",
        "sg_message_id": "def.x",
    },
    {"email": "ann@example.com", "timestamp": SECONDS, "event": "deferred", "sg_event_id": "e5"},
    {"email": "ann@example.com", "timestamp": SECONDS, "event": "something_new", "sg_event_id": "e6"},
]
GUN = {
    "event": "opened",
    "id": "g1",
    "timestamp": SECONDS + 0.5,
    "recipient": "ann@example.com",
    "ip": "203.0.113.7",
    "client-info": {"user-agent": "Mozilla/5.0", "bot": "apple"},
    "message": {"headers": {"message-id": "abc@example.com"}},
    "user-variables": TOLD,
}
MARK = {
    "RecordType": "Click",
    "MessageID": "pm-1",
    "Recipient": "ann@example.com",
    "ReceivedAt": "2026-09-21T12:00:00Z",
    "OriginalLink": "https://shop.example/a",
    "UserAgent": "Mozilla/5.0",
    "Geo": {"IP": "203.0.113.7"},
    "Metadata": TOLD,
}
SES = {
    "eventType": "Bounce",
    "mail": {"messageId": "ses-1", "destination": ["ann@example.com", "bob@example.com"], "tags": {"footprint_message": ["news-7"]}},
    "bounce": {
        "bounceType": "Permanent",
        "timestamp": "2026-09-21T12:00:00.000Z",
        "bouncedRecipients": [{"emailAddress": "ann@example.com"}, {"emailAddress": "bob@example.com"}],
    },
}


async def test_sendgrid_reports_in_batches(http, publisher):
    answer = await http.post(**sendgrid(GRID))
    assert answer.status_code == 200
    events = {event["event_id"]: event for event in publisher.stored}
    assert [events[f"sendgrid:e{n}"]["kind"] for n in (1, 2, 3, 4)] == ["email_delivered", "email_open", "email_click", "email_bounce"]
    assert len(events) == 4
    opened, bounced = events["sendgrid:e2"], events["sendgrid:e4"]
    assert (opened["customer_id"], opened["message_id"], opened["props"]["hint"], opened["ip"]) == (
        "c1",
        "news-7",
        "provider",
        "203.0.113.0",
    )
    assert (bounced["customer_id"], bounced["message_id"], bounced["props"]["bounce"]) == ("bob@example.com", "def", "hard")
    assert opened["created_at"].startswith(datetime.fromtimestamp(SECONDS + 9, UTC).isoformat()[:19])


async def test_mailgun_reports_one_by_one(http, publisher):
    assert (await http.post(**mailgun(GUN))).status_code == 200
    (event,) = publisher.stored
    assert (event["event_id"], event["kind"], event["props"]["hint"], event["user_agent"]) == (
        "mailgun:g1",
        "email_open",
        "provider",
        "Mozilla/5.0",
    )


async def test_postmark_reports_one_by_one(http, publisher):
    assert (await http.post(**postmark(MARK))).status_code == 200
    basic = {"authorization": "Basic " + base64.b64encode(b"any:s3cret").decode()}
    assert (
        await http.post("/hooks/postmark/demo", json={**MARK, "RecordType": "Bounce", "ID": 7, "Type": "HardBounce"}, headers=basic)
    ).status_code == 200
    assert {(event["kind"], event["event_id"]) for event in publisher.stored} == {
        ("email_click", "postmark:pm-1:Click:2026-09-21T12:00:00Z"),
        ("email_bounce", "postmark:bounce:7"),
    }


async def test_ses_reports_several_recipients_at_once(http, publisher, fetched):
    assert (await http.post(**sns(SES))).status_code == 200
    assert {(event["customer_id"], event["message_id"]) for event in publisher.stored} == {
        ("ann@example.com", "news-7"),
        ("bob@example.com", "news-7"),
    }
    assert len({event["event_id"] for event in publisher.stored}) == 2
    assert (await http.post(**sns(SES))).status_code == 200
    assert fetched == [CERTIFICATE_URL]


async def test_choices_at_a_provider_are_choices_topic_by_topic(http, publisher):
    group = {"email": "ann@example.com", "timestamp": SECONDS, "sg_message_id": "abc.x", "asm_group_id": 7}
    events = [{**group, "event": name, "sg_event_id": name} for name in ("group_unsubscribe", "group_resubscribe", "unsubscribe")]
    assert (await http.post(**sendgrid(events))).status_code == 200
    change = {"RecordType": "SubscriptionChange", "MessageID": "pm-2", "Recipient": "ann@example.com", "ChangedAt": "2026-09-21T12:00:00Z"}
    for suppress in (True, False):
        assert (await http.post(**postmark(change | {"SuppressSending": suppress}))).status_code == 200
    statuses = [{"topicName": "news", "subscriptionStatus": "OptIn"}, {"topicName": "offers", "subscriptionStatus": "OptOut"}]
    for number, everything in (("s1", False), ("s2", True)):
        preferences = {"unsubscribeAll": everything, "topicSubscriptionStatus": statuses}
        told = {"contactList": "all", "timestamp": "2026-09-21T12:00:00.000Z", "newTopicPreferences": preferences}
        mail = {"messageId": "ses-2", "destination": ["ann@example.com"]}
        assert (await http.post(**sns({"eventType": "Subscription", "mail": mail, "subscription": told}, number=number))).status_code == 200
    found = {event["event_id"]: (event["kind"], event["props"].get("topic"), event["props"].get("opt")) for event in publisher.stored}
    assert found == {
        "sendgrid:group_unsubscribe": ("preference", "7", "out"),
        "sendgrid:group_resubscribe": ("preference", "7", "in"),
        "sendgrid:unsubscribe": ("email_unsubscribe", None, None),
        "postmark:pm-2:SubscriptionChange:2026-09-21T12:00:00Z": ("email_unsubscribe", None, None),
        "postmark:pm-2:SubscriptionChange:in:2026-09-21T12:00:00Z": ("preference", "all", "in"),
        "ses:s1:0:news": ("preference", "news", "in"),
        "ses:s1:0:offers": ("preference", "offers", "out"),
        "ses:s2:0": ("email_unsubscribe", None, None),
    }


OUT_OF_ORDER = {
    "sendgrid": [sendgrid([GRID[2]]), sendgrid([GRID[1]]), sendgrid([GRID[0]])],
    "mailgun": [
        mailgun({**GUN, "event": name, "id": name, "timestamp": SECONDS + at}, token=name * 8)
        for name, at in (("clicked", 20), ("opened", 9), ("delivered", 0))
    ],
    "postmark": [
        postmark(
            {**MARK, "RecordType": name, field: f"2026-09-21T12:00:{at:02}Z"} | ({} if field == "ReceivedAt" else {"ReceivedAt": None})
        )
        for name, field, at in (("Click", "ReceivedAt", 20), ("Open", "ReceivedAt", 9), ("Delivery", "DeliveredAt", 0))
    ],
    "ses": [
        sns(
            {**SES, "eventType": name, name.lower(): {"timestamp": f"2026-09-21T12:00:{at:02}.000Z", "link": "https://a.example"}},
            number=name,
        )
        for name, at in (("Click", 20), ("Open", 9), ("Delivery", 0))
    ],
}


@pytest.mark.parametrize("provider", sorted(OUT_OF_ORDER))
async def test_what_is_reported_out_of_order_keeps_its_own_times(http, publisher, provider):
    for sent in OUT_OF_ORDER[provider]:
        assert (await http.post(**sent)).status_code == 200
    times = {event["created_at"]: event["kind"] for event in publisher.stored}
    assert [times[at] for at in sorted(times)] == ["email_delivered", "email_open", "email_click"]


async def test_a_subscription_is_confirmed_for_a_known_topic_only(http, fetched):
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    asked = {"kind": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": url}
    assert (await http.post(**sns("You have chosen", **asked))).status_code == 200
    assert fetched == [CERTIFICATE_URL, url]
    assert (await http.post(**sns("You have chosen", TopicArn="arn:aws:sns:x:1:theirs", **asked))).status_code == 401
    assert (
        await http.post(**sns("You have chosen", kind="SubscriptionConfirmation", Token="t", SubscribeURL="https://sns.evil.example/"))
    ).status_code == 401
    assert len(fetched) == 2


REPORTS = {"sendgrid": sendgrid(GRID), "mailgun": mailgun(GUN), "postmark": postmark(MARK), "ses": sns(SES)}


@pytest.mark.parametrize(("provider", "status"), [("sendgrid", 401), ("mailgun", 406), ("postmark", 403), ("ses", 401)])
async def test_what_was_tampered_with_is_refused(http, publisher, provider, status):
    sent = dict(REPORTS[provider])
    if provider == "postmark":
        sent["url"] = "/hooks/postmark/demo?secret=wrong"
    elif provider == "mailgun":
        sent["json"] = {**sent["json"], "signature": {**sent["json"]["signature"], "token": "u" * 50}}
    else:
        sent["content"] = sent["content"].replace(b"example.com", b"example.org")
    assert (await http.post(**sent)).status_code == status
    assert not publisher.stored


async def test_a_replay_makes_no_second_event(http, publisher):
    for provider, again in (("sendgrid", 200), ("mailgun", 406), ("postmark", 200), ("ses", 200)):
        assert (await http.post(**REPORTS[provider])).status_code == 200
        ids = {event["event_id"] for event in publisher.stored}
        assert (await http.post(**REPORTS[provider])).status_code == again
        assert {event["event_id"] for event in publisher.stored} == ids  # the streams drop a repeat of the same id and content
    hashes_of = {}
    for event in publisher.stored:
        hashes_of.setdefault(event["event_id"], set()).add(event["content_hash"])
    assert all(len(found) == 1 for found in hashes_of.values())


async def test_events_without_a_name_of_ours_are_taken_and_left(http, publisher):
    unknown = [
        sendgrid([{"event": "new", "email": "a@b.example"}]),
        mailgun({"event": "new"}),
        postmark({"RecordType": "New"}),
        sns({"eventType": "New"}),
    ]
    assert [(await http.post(**sent)).status_code for sent in unknown] == [200] * 4
    assert not publisher.stored


async def test_old_signatures_of_mailgun_are_refused(http, publisher):
    assert (await http.post(**mailgun(GUN, at=SECONDS - 2 * 86_400))).status_code == 406
    assert not publisher.stored


@pytest.mark.parametrize("provider", sorted(REPORTS))
async def test_nothing_is_said_to_be_kept_that_is_not(http, publisher, provider):
    publisher.away = True
    assert (await http.post(**REPORTS[provider])).status_code == 503
    publisher.away = False
    assert (await http.post(**REPORTS[provider])).status_code == 200
    assert publisher.stored


async def test_who_is_not_expected_is_told(http):
    assert (await http.post("/hooks/sendgrid/shop", content=b"[]")).status_code == 404
    assert (await http.post("/hooks/nobody/demo", content=b"[]")).status_code == 404
    assert (await http.post(**postmark([1]) | {"content": b"{"} | {"json": None})).status_code == 400
    assert (await http.get("/hooks/sendgrid/demo")).status_code == 405


async def test_a_large_batch_is_taken(http, publisher):
    many = [{**GRID[0], "sg_event_id": f"n{n}", "category": "x" * 100} for n in range(1000)]
    assert (await http.post(**sendgrid(many))).status_code == 200
    assert len(publisher.stored) == 1000
    assert (await http.post("/hooks/sendgrid/demo", content=b" " * 10_000_001)).status_code == 413


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://s3.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.txt",
        "https://[",
        "https://evil.example\\@sns.us-east-1.amazonaws.com/a.pem",
        "",
    ],
)
def test_a_certificate_comes_from_sns_only(url):
    assert not ses.is_address_of_sns(url, certificate=True)
