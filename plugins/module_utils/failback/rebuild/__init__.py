"""Bringing the IDC's MySQL server up again when its data directory is gone or damaged."""
