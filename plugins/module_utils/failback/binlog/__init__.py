"""MySQL's binary logs: read from a server or from files, decoded to row changes, checked as a chain."""
