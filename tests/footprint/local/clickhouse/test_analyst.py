"""The analyst reads, within limits, and reaches no file, no network and no other query."""

import pytest

from footprint.local.clickhouse.analyst import LIMITS, Refused, blocked_functions, limited, refuse_unless_reading
from tests.footprint.local.clickhouse.hostile import HARMLESS, REFUSED_BY_RULE

TABLE_FUNCTIONS = [
    "cluster",
    "clusterAllReplicas",
    "deltaLakeLocal",
    "dictionary",
    "eval",
    "executable",
    "file",
    "filesystem",
    "iceberg",
    "jdbc",
    "loop",
    "merge",
    "mergeTreeIndex",
    "mongodb",
    "mysql",
    "numbers",
    "postgresql",
    "python",
    "redis",
    "remote",
    "remoteSecure",
    "s3",
    "sqlite",
    "url",
    "urlCluster",
    "view",
    "viewExplain",
]
BLOCKED = blocked_functions(TABLE_FUNCTIONS, ["file", "aiGenerate", "AIEmbed", "air", "airport"])


@pytest.mark.parametrize("statement", REFUSED_BY_RULE)
def test_a_hostile_statement_is_refused_before_the_engine_sees_it(statement):
    with pytest.raises(Refused, match=r"\. \S.*\.$"):  # what is wrong, and what to do
        refuse_unless_reading(statement, BLOCKED)


@pytest.mark.parametrize("statement", HARMLESS)
def test_a_reading_statement_passes(statement):
    refuse_unless_reading(statement, BLOCKED)


def test_a_new_table_function_of_the_engine_is_blocked_until_somebody_looks_at_it():
    assert "brandnew" in blocked_functions(["brandNew"], [])
    assert "numbers" not in BLOCKED


def test_functions_that_ask_a_model_are_blocked_and_words_that_begin_like_them_are_not():
    assert {"aigenerate", "aiembed"} <= BLOCKED
    assert not {"air", "airport"} & BLOCKED


def test_the_limits_always_hold():
    assert limited({}) == {name: str(value) for name, value in LIMITS.items()}


@pytest.mark.parametrize(("wanted", "gets"), [("5", "5"), ("100000", "30"), ("0", "30"), ("-1", "30"), ("9e9", "30")])
def test_a_limit_can_only_be_made_smaller(wanted, gets):
    assert limited({"max_execution_time": wanted})["max_execution_time"] == gets


def test_settings_that_shape_the_result_are_free():
    assert limited({"output_format_json_quote_64bit_integers": "0", "max_result_rows": "10"})["max_result_rows"] == "10"


@pytest.mark.parametrize("name", ["readonly", "format_schema", "allow_introspection_functions", "insert_deduplication_token"])
def test_every_other_setting_is_refused(name):
    with pytest.raises(Refused, match=name):
        limited({name: "0"})
