from tests.support.line import line

__all__ = ["line"]
