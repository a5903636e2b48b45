"""A service asked as its users ask it: journeys, its API description, latency, and what must hold in its data."""
