"""Drafts filled from the record of an incident, marked where only a person can write."""
