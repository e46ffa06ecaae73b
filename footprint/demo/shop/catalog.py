"""What the demo shop sells."""

from dataclasses import dataclass

CATEGORIES = {"morning-oolong": "oolong", "rain-sencha": "green tea", "smoke-and-pine": "smoked tea"}
"""Sorts of tea, by slug."""


@dataclass(frozen=True, slots=True)
class Tea:
    """One tea. `leaf` and `cup` are the colours of its picture, `price` is in euros for 100 g."""

    slug: str
    name: str
    origin: str
    price: float
    words: str
    leaf: str
    cup: str

    @property
    def category(self) -> str:
        """What somebody likes who likes it: its sort."""
        return CATEGORIES[self.slug]


@dataclass(frozen=True, slots=True)
class Plan:
    """One subscription. `price` is in euros a month."""

    name: str
    price: float
    words: str
    parts: tuple[str, ...]


TEAS = (
    Tea(
        "morning-oolong",
        "Morning Oolong",
        "Nantou, Taiwan",
        14.5,
        "Half-rolled, half-awake. Butter, orchid, a long finish.",
        "#7d9a4f",
        "#d9a441",
    ),
    Tea("rain-sencha", "Rain Sencha", "Uji, Japan", 18.0, "Steamed an hour after picking. Grass after a storm.", "#4f8a5b", "#b7c95a"),
    Tea(
        "smoke-and-pine",
        "Smoke & Pine",
        "Wuyi, China",
        12.0,
        "Dried over pine fires. A library, a coat, a long walk.",
        "#5b4a3f",
        "#a65a2e",
    ),
)

PLANS = (
    Plan("Cup", 9.0, "One tea a month, to find out what you like.", ("50 g of one tea", "A card about where it grew", "Pause any time")),
    Plan("Pot", 19.0, "Three teas a month for a kitchen with visitors.", ("3 x 50 g", "First pick of the harvest", "Free delivery")),
    Plan("Samovar", 49.0, "An office that never runs dry.", ("1 kg a month, mixed", "One invoice", "Somebody who answers the phone")),
)


def tea(slug: str) -> Tea | None:
    """Return the tea with this slug, None when there is none."""
    return next((tea for tea in TEAS if tea.slug == slug), None)
