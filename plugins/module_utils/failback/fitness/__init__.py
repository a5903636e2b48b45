"""Whether the IDC hosts are fit to serve, and whether there is room for what a rollback writes."""
