"""The war room: one live page for everybody who follows an incident, and the place to give one's word in it."""
