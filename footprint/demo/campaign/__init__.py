"""A small e-mail campaign of the demo: forty letters, who gets them, and what people and machines do with them."""
