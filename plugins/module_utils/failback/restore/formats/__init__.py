"""Readers of backups, one module a format: each makes ``model.Backup`` from what a tool wrote."""
