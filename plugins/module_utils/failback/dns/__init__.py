"""DNS: asking every server that matters, and changing a record only when it still has the value we read."""
