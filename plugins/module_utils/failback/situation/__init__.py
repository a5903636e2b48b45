"""The state of both sites as they are now, what is wrong with it, and what the logs say about how it came to that."""
