"""What a site was like before a migration: read from its hosts, kept, and compared with later."""
