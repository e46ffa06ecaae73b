from tests.support.line import line, rep

__all__ = ["line", "rep"]
