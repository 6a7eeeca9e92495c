"""Vectors of words and texts, and what is near: a file a question."""
