"""The lab's desk: where messages to people arrive, and the dashboard they watch."""
