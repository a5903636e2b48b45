"""Which migrations the target's code does not know: files at a commit, rows of the tool's table, the live schema."""
