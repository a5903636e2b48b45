"""Whether the backups of a site would carry a restore: all of them looked at, judged, and proven by restoring one."""
