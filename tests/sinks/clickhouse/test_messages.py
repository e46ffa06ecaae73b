"""What of ClickHouse's and the driver's words reaches the person who asked."""

import pytest

from sinks.clickhouse.client import message_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Code: 47. DB::Exception: No column `x`. (UNKNOWN_IDENTIFIER) (for url http://store:8123)", "No column `x`. (UNKNOWN_IDENTIFIER)"),
        ("Code: 62. DB::Exception: Bad. (SYNTAX_ERROR) (version 26.9.1.2 (official build))", "Bad. (SYNTAX_ERROR)"),
        (
            "code 73\n Code: 73. DB::Exception: Code: 73. DB::Exception: No such format. (UNKNOWN_FORMAT) (version 26.9.2.1). (UNKNOWN_FORMAT)",
            "No such format. (UNKNOWN_FORMAT)",
        ),
        ("something else", "something else"),
    ],
)
def test_only_what_the_store_said_is_passed_on_and_once(text, said):
    assert message_of(Exception(text)) == said
