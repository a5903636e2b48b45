"""What the rollback and the migration left behind, and who owns it."""
