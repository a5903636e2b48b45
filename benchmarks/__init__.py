"""Ours beside what a person would use instead, in one run."""
