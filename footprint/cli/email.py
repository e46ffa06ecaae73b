"""`footprint email`: signed addresses for e-mails."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from footprint.email import Mail

Site = Annotated[str, typer.Option(help="Website.")]
Customer = Annotated[str, typer.Option(help="Who gets the e-mail.")]
Message = Annotated[str, typer.Option(help="The e-mail or campaign, the same for all who get it.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder, whose secret keys sign when FOOTPRINT_SECRET_KEYS is not set.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Signed addresses for e-mails: links, the pixel, unsubscribing.", no_args_is_help=True)
    group.command("link")(link)
    group.command("pixel")(pixel)
    group.command("unsubscribe")(unsubscribe)
    app.add_typer(group, name="email")


def link(  # noqa: PLR0917 - its parameters are the command's
    url: Annotated[str, typer.Argument(help="Where it leads.")],
    site: Site,
    customer: Customer,
    message: Message,
    index: Annotated[int, typer.Option(help="Place in the mail; 0 is a trap that no person sees.", min=0)] = 1,
    data_dir: DataDir = None,
) -> None:
    """Print the address that counts a click and leads to URL.

    Example: `footprint email link --site shop --customer c-42 --message news-7 https://shop.example/offer`
    """
    print(_mail(site, customer, message, data_dir).link(url, index=index))


def pixel(site: Site, customer: Customer, message: Message, data_dir: DataDir = None) -> None:
    """Print the address of the image that counts an open.

    Example: `footprint email pixel --site shop --customer c-42 --message news-7`
    """
    print(_mail(site, customer, message, data_dir).pixel())


def unsubscribe(
    site: Site,
    customer: Customer,
    message: Message,
    headers: Annotated[bool, typer.Option("--headers", help="Print the pair of headers for one-click unsubscribing before it.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Print the address of the page of preferences.

    Example: `footprint email unsubscribe --site shop --customer c-42 --message news-7 --headers`
    """
    mail = _mail(site, customer, message, data_dir)
    if headers:
        for name, value in mail.headers().items():
            print(f"{name}: {value}")
    print(mail.unsubscribe())


def _mail(site: str, customer: str, message: str, data_dir: Path | None) -> "Mail":
    from footprint.email import Sender
    from footprint.parts.connections import resolve_collector, secret_keys
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    address = settings.public_url or resolve_collector(settings)
    return Sender(secret_keys(settings)[-1], address).mail(site=site, message=message, customer=customer)
