"""What an event is about: the categories that it names."""

import pytest

from streams.core.interests import categories_of
from streams.core.matching import path_of, texts_at

PRODUCTS = [{"category": "Coats"}, {"category": " shoes "}, {"category": "COATS"}, {"category": ""}, {"name": "x"}, "y", None]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("url_path", ["/a"]),
        ("props.size", ["42"]),
        ("props.tags", ["a", "7"]),
        ("props.products.category", ["Coats", " shoes ", "COATS"]),
        ("props.products.name", ["x"]),
        ("props.size.more", []),
        ("props.flag", []),
        ("props.nothing", []),
        ("nothing.at.all", []),
        ("props", []),
    ],
)
def test_texts_and_numbers_are_found_where_they_stand(path, found):
    event = {"url_path": "/a", "props": {"size": 42, "tags": ["a", 7, None, {"b": 1}], "products": PRODUCTS, "flag": True}}
    assert texts_at(event, path_of(path)) == found


def test_the_first_place_that_holds_any_names_the_categories_each_once():
    paths = tuple(map(path_of, ("props.category", "props.products.category")))
    assert categories_of({"props": {"products": PRODUCTS}}, paths) == ["coats", "shoes"]
    assert categories_of({"props": {"category": " Hats", "products": PRODUCTS}}, paths) == ["hats"]
    assert categories_of({"props": {"category": "  ", "products": PRODUCTS}}, paths) == ["coats", "shoes"]
    assert categories_of({"props": {}}, paths) == []
    assert categories_of({"props": {"category": "x" * 100}}, paths) == ["x" * 64]
