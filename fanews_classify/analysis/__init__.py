"""Answers of the models to read: one by one, or everything about a text at once."""
