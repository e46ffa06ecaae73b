"""The line that runs for the tests of this folder, and a browser per module."""

from tests.support.browser import chromium
from tests.support.line import line, rep

__all__ = ["chromium", "line", "rep"]
