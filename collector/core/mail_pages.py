"""The two pages that mail leads to: preferences, and the question before a link of a retired key. No script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from collector.core.mail_hits import NO_STORE

STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:3rem 1.2rem;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.5rem;line-height:1.25}label{display:block;padding:.5rem 0}input{width:1.2em;height:1.2em;vertical-align:-.2em;margin-right:.6em}"
    "button,a.button{font:inherit;display:inline-block;margin:.4rem .6rem .4rem 0;padding:.55rem 1.1rem;border:1px solid #1a1a1a;border-radius:.4rem;background:#fff;"
    "color:#1a1a1a;cursor:pointer;text-decoration:none}button.main,a.button{background:#1a1a1a;color:#fff}p.done{padding:.7rem 1rem;background:#e7f4ea;border-radius:.4rem}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}button{background:#161616;color:#eee;border-color:#eee}"
    "button.main,a.button{background:#eee;color:#161616}p.done{background:#1d3a24}}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
PAGE_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    *NO_STORE,
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the pages say in one language."""

    title: str
    about: str
    save: str
    nothing: str
    saved: str
    ended: str
    back: str
    leave_title: str
    leave: str
    go: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        "Your e-mails",
        "Choose what {customer} gets from {site}.",
        "Save",
        "Unsubscribe from everything",
        "Saved.",
        "You will get no more of these e-mails.",
        "Changed your mind? Choose again:",
        "You are leaving",
        "This link is an old one. It leads to:",
        "Go on",
    ),
    "de": Words(
        "Ihre E-Mails",
        "Wählen Sie, was {customer} von {site} bekommt.",
        "Speichern",
        "Alles abbestellen",
        "Gespeichert.",
        "Sie bekommen keine dieser E-Mails mehr.",
        "Doch anders? Wählen Sie neu:",
        "Sie verlassen diese Seite",
        "Dieser Link ist alt. Er führt zu:",
        "Weiter",
    ),
    "fr": Words(
        "Vos e-mails",
        "Choisissez ce que {customer} reçoit de {site}.",
        "Enregistrer",
        "Se désabonner de tout",
        "Enregistré.",
        "Vous ne recevrez plus ces e-mails.",
        "Vous avez changé d'avis ? Choisissez à nouveau :",
        "Vous quittez cette page",
        "Ce lien est ancien. Il mène à :",
        "Continuer",
    ),
    "es": Words(
        "Sus correos",
        "Elija lo que {customer} recibe de {site}.",
        "Guardar",
        "Darse de baja de todo",
        "Guardado.",
        "Ya no recibirá estos correos.",
        "¿Ha cambiado de opinión? Elija de nuevo:",
        "Está saliendo de esta página",
        "Este enlace es antiguo. Lleva a:",
        "Continuar",
    ),
}
DEFAULT = "en"


def language_of(accept_language: str) -> str:
    """Return the language to speak: the best liked of an Accept-Language header that there are words for."""
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, weight = part.partition(";q=")
        name = tag.strip().lower().partition("-")[0]
        if name in WORDS:
            liked.append((-_weight(weight), place, name))
    return min(liked)[2] if liked else DEFAULT


def preferences_page(language: str, *, site: str, customer: str, topics: Sequence[tuple[str, str, bool]], done: str = "") -> str:
    """Return the page of preferences. `topics` are name, title and whether it is wanted; `done` is `saved` or `ended` after a choice."""
    words = WORDS[language]
    about = escape(words.about.format(customer=_veiled(customer), site=site))
    said = f'<p class="done" role="status">{escape(getattr(words, done))}</p><p>{escape(words.back)}</p>' if done else f"<p>{about}</p>"
    boxes = "".join(
        f'<label><input type="checkbox" name="topic" value="{escape(name)}"{" checked" if wanted else ""}>{escape(title)}</label>'
        for name, title, wanted in topics
    )
    save = f'<button class="main" name="do" value="save">{escape(words.save)}</button>' if topics else ""
    form = f'<form method="post">{boxes}{save}<button name="do" value="nothing">{escape(words.nothing)}</button></form>'
    return _page(language, words.title, said + form)


def leaving_page(language: str, target: str) -> str:
    """Return the page that names the host of a link before it leads there."""
    words = WORDS[language]
    host = escape(urlsplit(target).hostname or "")
    link = f'<a class="button" rel="noreferrer" href="{escape(target)}">{escape(words.go)}</a>'
    return _page(language, words.leave_title, f"<p>{escape(words.leave)}</p><p><strong>{host}</strong></p>{link}")


def _page(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>'
    )


def _veiled(customer: str) -> str:
    """Return enough of an id to be known by its owner: mails are forwarded, and the page with them."""
    name, at, host = customer.partition("@")
    return f"{name[:2]}…{at}{host}" if len(name) > 2 else customer


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
