"""Who takes part in the demo day: browsers, places, sources, names. Plain values, nothing else."""

from dataclasses import dataclass

SHOP = "https://shop.example"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser as it presents itself."""

    user_agent: str
    width: int
    height: int


BROWSERS = (
    Browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", 1920, 1080),
    Browser(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", 1512, 982
    ),
    Browser("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", 2560, 1440),
    Browser(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 "
        "Safari/604.1",
        390,
        844,
    ),
    Browser("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36", 412, 915),
)
CRAWLER = Browser("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 0, 0)
HEADLESS = Browser(
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36", 800, 600
)

PLACES = (
    ("de-DE", "87.123"),
    ("de-DE", "91.12"),
    ("en-US", "73.162"),
    ("en-US", "98.207"),
    ("en-GB", "81.140"),
    ("fr-FR", "90.27"),
    ("nl-NL", "84.24"),
    ("ja-JP", "126.75"),
)
"""Language, and the first half of an address of a provider there."""

SOURCES = (
    ("", "", 26),
    ("", "https://www.google.com/", 30),
    ("utm_source=google&utm_medium=cpc&utm_campaign=autumn&gclid=Cj0KCQ{tag}", "https://www.google.com/", 14),
    ("utm_source=newsletter&utm_medium=email&utm_campaign=november", "", 8),
    ("utm_source=linkedin&utm_medium=paid-social&utm_campaign=teams", "https://www.linkedin.com/", 6),
    ("", "https://www.facebook.com/", 5),
    ("", "https://chatgpt.com/", 6),
    ("", "https://www.maker-weekly.example/tools", 5),
)
"""Query of the landing page, referrer, weight."""

PRODUCTS = {"oak-desk": 420.0, "lamp-arc": 89.0, "chair-line": 240.0, "shelf-grid": 310.0, "plant-pot": 24.5}
CATEGORIES = {"oak-desk": "desks", "lamp-arc": "lamps", "chair-line": "chairs", "shelf-grid": "shelves", "plant-pot": "plants"}
ARTICLES = ("desk-height", "light-at-work", "small-rooms", "care-of-oak")
CATALOGUE = ("/", *(f"/products/{name}" for name in PRODUCTS), *(f"/journal/{name}" for name in ARTICLES), "/about")

FIRST_NAMES = (
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kim",
    "Lena",
    "Marc",
    "Nora",
    "Omar",
    "Pia",
)
LAST_NAMES = ("Berg", "Costa", "Diaz", "Engel", "Fischer", "Garcia", "Hansen", "Ito", "Jansen", "Keller", "Lopez", "Meyer")
COMPANIES = (("Nordlicht Studio", 12), ("Atelier Rive", 45), ("Kobo Works", 160), ("Fern & Field", 8), ("Harbour Labs", 620))
TITLES = ("Head of Design", "Office Manager", "Owner", "Engineer", "Teacher")
MESSAGES = ("november-offers", "back-in-stock")
