"""Proof that two MySQL servers, or a server and a recorded manifest, hold the same: definitions and every row."""
