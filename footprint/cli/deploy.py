"""`footprint deploy`: what containers and clusters are given."""

import json
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Make what containers and clusters are given: secrets, rights.")
    group.callback()(_deploy)
    group.command("env")(env)
    group.command("acls")(acls)
    app.add_typer(group, name="deploy")


def _deploy() -> None:
    """Make what containers and clusters are given: secrets, rights."""


def env(
    file: Annotated[Path, typer.Option(help="File to write; it must not be there yet.")] = Path("deploy/compose/.env"),
    site: Annotated[str, typer.Option(help="First website; more are added in footprint.toml or with `footprint keys`.")] = "demo",
    domain: Annotated[str, typer.Option(help="Host name under which the collectors are reached.")] = "localhost",
) -> None:
    """Write the `.env` of deploy/compose with fresh secrets, readable by its owner only. Refuses to overwrite one.

    Example: `footprint deploy env --site shop --domain track.example.com`
    """
    from footprint.deploy import env as making

    found = making.variables(site, domain)
    making.write(file, making.text_of(found))
    keys = ", ".join(one.name for one in found if one.secret)
    print(f"Wrote {file} (mode 0600) with new secrets: {keys}.")
    print("Next, in the folder of compose.yaml: docker compose build && docker compose up -d --wait")
    print(f"The key for pages of {site}: grep ^FOOTPRINT_WRITE_KEYS {file}")


class Form(Enum):
    """How rights are printed."""

    TOOLS = "tools"
    YAML = "yaml"


def acls(
    grants: Annotated[bool, typer.Option("--grants", help="Print the rights in ClickHouse instead of those in Kafka.")] = False,
    form: Annotated[Form, typer.Option("--format", help="Calls of kafka-acls.sh, or SQL; or plain values.")] = Form.TOOLS,
    principal: Annotated[str, typer.Option(help="What Kafka calls a user; `{user}` stands for `footprint-PART`.")] = "User:{user}",
    database: Annotated[str, typer.Option(help="Database of the store.")] = "footprint",
    cluster: Annotated[str, typer.Option(help="Cluster of the store, empty for one node.")] = "",
) -> None:
    """Print what each part may do in Kafka, or in ClickHouse, and no more: one user for each part.

    Example: `footprint deploy acls --principal "User:CN={user}" > acls.sh`
    """
    from footprint.deploy import acls as kafka
    from footprint.deploy import grants as store

    if form is Form.YAML:
        print(_yaml(store.values(database, cluster=cluster) if grants else kafka.values()))
    else:
        print("\n".join(store.statements(database, cluster=cluster) if grants else kafka.commands(principal=principal)))


def _yaml(values: object) -> str:
    import yaml

    return str(yaml.safe_dump(json.loads(json.dumps(values)), sort_keys=False)).rstrip()
