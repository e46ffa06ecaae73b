"""Published scoring models."""

from pydantic import BaseModel, ConfigDict, Field


class PublishedModel(BaseModel):
    """The scoring model and the triggers that a site runs since they were published; a site without a record runs those of the settings."""

    model_config = ConfigDict(extra="forbid")

    site: str
    version: str = Field(description="Version of the scoring model: what `model_version` of scores says.")
    triggers_version: str
    scores: str = Field(description="The scoring model, YAML as it was published.")
    triggers: str = Field(description="The triggers, YAML as they were published.")
    published_at: int = Field(description="Unix milliseconds.")
    earlier: list[str] = Field(description="Versions of the scoring model that ran before: none of them can be published again.")
