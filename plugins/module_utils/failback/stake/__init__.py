"""What is at stake: what RDS has that IDC has not, in transactions and rows, and whether it can be saved."""
