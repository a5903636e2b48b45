"""People: who has which role, what they were asked, what they said, and how they are reached."""
