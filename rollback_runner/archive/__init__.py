"""Everything of an incident in one sealed file, and the proof elsewhere that it is what was sealed."""
