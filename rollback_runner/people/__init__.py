"""People around a run: who they are, what they said, what they signed, and the gate that asks for it."""
