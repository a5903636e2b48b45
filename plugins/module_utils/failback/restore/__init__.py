"""Bringing a MySQL server's content back from a backup: read it, judge it, load it, prove it."""
