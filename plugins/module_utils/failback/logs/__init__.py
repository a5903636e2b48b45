"""What logs say that is an error, and which kinds of it are new."""
