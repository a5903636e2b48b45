"""The database's part in rolling a deployment back: which way, at what price, and the way itself."""
