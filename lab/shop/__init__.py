"""The shop that the lab moves back and forth: its schema, its data and its web application."""
