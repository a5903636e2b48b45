"""AWX: what a site needs there, made from the site, the checklist and the messages; put there, started and followed."""
