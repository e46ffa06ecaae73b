"""What kinds of people come to the demo shop, and what each does: a pure function of the random numbers it is given."""

from collections.abc import Callable

from footprint.demo.cast import ARTICLES, CATALOGUE, CATEGORIES, COMPANIES, FIRST_NAMES, LAST_NAMES, MESSAGES, PRODUCTS, SOURCES, TITLES
from footprint.demo.visitor import Visitor

Life = Callable[[Visitor], None]


def land(visitor: Visitor, path: str = "") -> None:
    """Arrive from somewhere on a landing page and read it."""
    query, referrer, _ = visitor.random.choices(SOURCES, [weight for *_, weight in SOURCES])[0]
    visitor.arrive(path or visitor.random.choice(CATALOGUE), query=query.format(tag=visitor.random.randrange(10**6)), referrer=referrer)
    visitor.read()


def browse(visitor: Visitor, least: int = 1, most: int = 5) -> None:
    """Read a few pages of the catalogue."""
    for _ in range(visitor.random.randint(least, most)):
        visitor.view(visitor.random.choice(CATALOGUE))
        visitor.read()
        if visitor.random.random() < 0.3:
            visitor.click("Show more")


def passer_by(visitor: Visitor) -> None:
    """Look at a page or a few, and leave."""
    land(visitor)
    if visitor.random.random() < 0.6:
        browse(visitor)


def returning(visitor: Visitor) -> None:
    """Come back within the day."""
    passer_by(visitor)
    visitor.wait(40 * 60, 5 * 3600)
    passer_by(visitor)


def comparer(visitor: Visitor) -> None:
    """Look at the prices, think about it elsewhere, and look at them again."""
    land(visitor, "/")
    visitor.view("/pricing")
    visitor.read(20, 120)
    browse(visitor, 1, 3)
    visitor.wait(6 * 60, 14 * 60)
    visitor.view("/pricing")
    visitor.read(30, 180)
    if visitor.random.random() < 0.5:
        visitor.click("Ask for a quote")


def asker(visitor: Visitor) -> None:
    """Write through the contact form, or give up on it; some use the chat."""
    land(visitor, f"/journal/{visitor.random.choice(ARTICLES)}")
    visitor.view("/contact")
    visitor.track("Form Started", form="contact")
    visitor.read(20, 90)
    if visitor.random.random() < 0.3:
        visitor.track("Form Abandoned", form="contact")
        return
    visitor.track("Form Submitted", form="contact", topic=visitor.random.choice(("delivery", "bulk order", "materials")))
    if visitor.random.random() < 0.6:
        visitor.track("Chat Started", channel="web")
        for _ in range(visitor.random.randint(1, 4)):
            visitor.wait(15, 60)
            visitor.track("Chat Message")
        visitor.track("Chat Ended", rating=visitor.random.randint(3, 5))


def log_in(visitor: Visitor) -> None:
    """Log in as a customer with a name, a company and an address."""
    first, last = visitor.random.choice(FIRST_NAMES), visitor.random.choice(LAST_NAMES)
    company, employees = visitor.random.choice(COMPANIES)
    customer = visitor.customer_id or f"{first}-{last}-{visitor.random.randrange(100, 1000)}".lower()
    visitor.view("/login")
    visitor.wait(5, 20)
    traits = {"name": f"{first} {last}", "email": f"{customer}@mail.example", "company": company, "employees": employees}
    visitor.identify(customer, traits | {"title": visitor.random.choice(TITLES)})


def buyer(visitor: Visitor) -> None:
    """Look around, log in and buy something; the order itself is reported by the shop's server."""
    land(visitor)
    browse(visitor, 2, 5)
    log_in(visitor)
    product = visitor.random.choice(sorted(PRODUCTS))
    visitor.view(f"/products/{product}")
    visitor.read(10, 60)
    visitor.track("Product Added", product_id=product, category=CATEGORIES[product])
    visitor.view("/checkout")
    visitor.track("Form Started", form="checkout")
    visitor.read(30, 120)
    visitor.track("Form Submitted", form="checkout")
    quantity = visitor.random.randint(1, 3)
    price = PRODUCTS[product]
    order = f"O-{visitor.random.randrange(10**6):06}"
    visitor.track(
        "Order Completed",
        order_id=order,
        revenue=price * quantity,
        currency="EUR",
        payment_method=visitor.random.choice(("card", "paypal", "invoice")),
        products=[{"product_id": product, "category": CATEGORIES[product], "quantity": quantity, "price": price}],
    )
    visitor.view("/thanks")
    visitor.read(3, 10)


def mailed(visitor: Visitor) -> None:
    """Get a newsletter, open it, follow a link and log in."""
    message = visitor.random.choice(MESSAGES)
    visitor.customer_id = (
        f"{visitor.random.choice(FIRST_NAMES)}-{visitor.random.choice(LAST_NAMES)}-{visitor.random.randrange(100, 1000)}".lower()
    )
    customer = visitor.customer_id
    for name, least, most in (("Email Sent", 0, 1), ("Email Delivered", 1, 5), ("Email Opened", 300, 3000), ("Email Link Clicked", 20, 90)):
        visitor.wait(least, most)
        visitor.server(name, message_id=message, campaign="november")
    visitor.wait(1, 3)
    visitor.customer_id = ""
    visitor.arrive("/products/lamp-arc", query=f"utm_source=newsletter&utm_medium=email&utm_campaign={message}")
    visitor.read()
    visitor.customer_id = customer
    log_in(visitor)
    browse(visitor, 1, 4)
    if visitor.random.random() < 0.4:
        visitor.track("Preference Updated", topic="newsletter", channel="email", opt="in")


def deciding(visitor: Visitor) -> None:
    """Become a customer the long way: compare, ask, log in, compare again, buy."""
    comparer(visitor)
    asker(visitor)
    buyer(visitor)


def machine(visitor: Visitor) -> None:
    """Fetch page after page, faster than anybody reads."""
    for _ in range(visitor.random.randint(30, 60)):
        visitor.view(visitor.random.choice((*CATALOGUE, "/pricing")))
        visitor.wait(1, 4)
