"""Carrying a plan out: lock, playbooks, processes, interruptions."""
