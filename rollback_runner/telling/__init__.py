"""Telling people: what is to be told, by which channels it went, who answered."""
