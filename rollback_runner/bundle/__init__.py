"""Everything to run without a network but the site's, in one file: made, proven, and installed somewhere else."""
