"""Approvals: who signed which plan, in which role, and whether that still holds."""
