"""A site's containers, settings and resources, and what is done about them. Pure, but for `pool_agent`."""
