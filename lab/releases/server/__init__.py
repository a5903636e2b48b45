"""The web server, and a module of orders for each release."""
