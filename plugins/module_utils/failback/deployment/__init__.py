"""Rolling a bad deployment back to the last good one, its database included."""
