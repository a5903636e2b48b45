"""The plan: legs and ways, what is known beside them, freezing it, and what has changed since."""
