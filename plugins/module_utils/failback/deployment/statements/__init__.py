"""Judges the statements of a migration: whether code written for the schema before keeps working after them."""
