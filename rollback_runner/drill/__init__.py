"""Drills in the lab and of backups, judged by the clients' ledger."""
