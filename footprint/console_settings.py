"""Settings of the console that other parts do not need: who signs people in."""

from pydantic import BaseModel, Field, field_validator

from console.core.openid import read_roles


class ConsoleSettings(BaseModel):
    """Part of `Settings`."""

    console_url: str = Field(
        default="", description="The console's address as browsers reach it, for the way back from OpenID Connect; empty: the local one."
    )
    console_oidc_issuer: str = Field(
        default="", description="Issuer of the OpenID Connect provider that signs people in, as its configuration says it; empty: none."
    )
    console_oidc_client_id: str = Field(default="", description="Id of the console at the provider.")
    console_oidc_client_secret: str = Field(
        default="", description="Secret of the console at the provider; empty: a public client, PKCE alone.", repr=False
    )
    console_oidc_claim: str = Field(
        default="groups", description="Claim that roles come from; `email` counts where the provider says that it is verified."
    )
    console_oidc_roles: str = Field(
        default="", description="Roles by value of that claim: `VALUE=SITE:ROLE,...`, or `VALUE=ROLE` for every website."
    )
    console_oidc_title: str = Field(default="Sign in with your company's account", description="What the link to the provider says.")

    @field_validator("console_oidc_roles")
    @classmethod
    def _are_roles(cls, value: str) -> str:
        read_roles(value)
        return value
