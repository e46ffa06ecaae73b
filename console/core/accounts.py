"""The console's users and what each may do. A user has a role for each site; `*` stands for every site."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Role = Literal["viewer", "analyst", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "analyst", "admin")
"""From the least to the most: each may what those before it may."""

EVERY_SITE = "*"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


@dataclass(frozen=True, slots=True)
class User:
    """One person. `password` is an argon2 hash, empty where another service says who it is; times are Unix milliseconds.

    A session that began before `since` is over: that is how a changed password, or a role taken away, ends them.
    """

    name: str
    password: str
    grants: Mapping[str, Role]
    made_at: int
    since: int

    def role_at(self, site: str) -> Role | None:
        """Return what the user is at a site, None when it may not even know of it."""
        return self.grants.get(site, self.grants.get(EVERY_SITE))

    def may(self, needed: Role, site: str) -> bool:
        """Return whether the user has at least this role at the site."""
        role = self.role_at(site)
        return role is not None and ROLES.index(role) >= ROLES.index(needed)

    def sites_of(self, known: Iterable[str]) -> list[str]:
        """Return the sites that the user may see, of those that exist, by name."""
        return sorted(site for site in known if self.role_at(site) is not None)


def read_users(content: bytes) -> dict[str, User]:
    """Read a users file; raises ValueError when it is none."""
    try:
        users = [User(**entry) for entry in json.loads(content)["users"]] if content.strip() else []
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from error
    for user in users:
        if not NAME.fullmatch(user.name) or not user.grants or any(role not in ROLES for role in user.grants.values()):
            raise ValueError(f"{user.name[:80]!r} has no such name, or no such role")
    return {user.name: user for user in users}


def write_users(users: Iterable[User]) -> bytes:
    """Return the content of a users file."""
    return json.dumps({"users": [asdict(user) for user in users]}, indent=1).encode() + b"\n"
