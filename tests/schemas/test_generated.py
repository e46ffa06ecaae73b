"""The generated schemas are current and valid."""

import yaml
from jsonschema import Draft202012Validator

from schemas import generate
from schemas.topics import PUBLIC


def test_generated_files_are_current():
    assert generate.stale() == []


def test_every_schema_is_a_valid_json_schema():
    for topic in PUBLIC:
        Draft202012Validator.check_schema(topic.value.model_json_schema())


def test_asyncapi_names_every_topic():
    document = yaml.safe_load(generate.documents()["asyncapi.yaml"])
    assert {channel["address"] for channel in document["channels"].values()} == {topic.name for topic in PUBLIC}
