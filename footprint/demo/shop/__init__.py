"""The demo shop: a few pages that a person or a test can walk through while footprint watches."""
