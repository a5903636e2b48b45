"""Clients that write all the time and keep a ledger of every answer, and the check of that ledger."""
