"""For whoever sends e-mail: the signed addresses that go into one.

```python
from footprint.email import Sender

sender = Sender(key="...", address="https://collect.shop.example")  # the newest of FOOTPRINT_SECRET_KEYS, and where the collector is seen
mail = sender.mail(site="shop", message="news-2026-11", customer="c-42")
mail.link("https://shop.example/offer", index=1)
mail.pixel()
mail.headers()  # List-Unsubscribe and List-Unsubscribe-Post
```
"""

from dataclasses import dataclass, replace

from collector.core.links import Mailed, sign


@dataclass(frozen=True, slots=True)
class Sender:
    """Signs with `key`; `address` is the collector's, as mail programs reach it."""

    key: str
    address: str

    def mail(self, *, site: str, message: str, customer: str) -> "Mail":
        """Return the addresses of one e-mail to one customer."""
        return Mail(self, Mailed(site, message, customer))


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail to one customer."""

    sender: Sender
    mailed: Mailed

    def link(self, target: str, *, index: int = 1) -> str:
        """Return the address that counts a click and leads to `target`; `index` is the link's place in the mail, 0 a trap that no person sees.

        Raises Misconfigured when `target` is no web address.
        """
        return f"{self._address}/e/c/{sign(replace(self.mailed, index=index, target=target), 'link', self.sender.key)}"

    def pixel(self) -> str:
        """Return the address of the image that counts an open."""
        return f"{self._address}/e/o/{sign(self.mailed, 'pixel', self.sender.key)}.gif"

    def unsubscribe(self) -> str:
        """Return the address of the page of preferences, which takes the one-click POST of RFC 8058 too."""
        return f"{self._address}/e/u/{sign(self.mailed, 'unsubscribe', self.sender.key)}"

    def headers(self) -> dict[str, str]:
        """Return the headers that let mail programs show their own button (RFC 8058)."""
        return {"List-Unsubscribe": f"<{self.unsubscribe()}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}

    @property
    def _address(self) -> str:
        return self.sender.address.rstrip("/")
