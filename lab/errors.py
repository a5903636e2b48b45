"""The one error of the lab: a sentence for the person who typed the command."""


class LabError(Exception):
    """Something the lab needs is missing or did not answer; the message says what and what to do next."""
