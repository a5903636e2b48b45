"""The site: its inventory, its judgement before anything starts, its baseline and its situation."""
