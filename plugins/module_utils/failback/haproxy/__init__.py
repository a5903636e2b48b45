"""HAProxy: reading and steering it over its admin socket, and editing its configuration file."""
