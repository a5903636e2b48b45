"""Customers of the releases lab: they read and order all the time, keep a ledger, and the ledger is checked."""
