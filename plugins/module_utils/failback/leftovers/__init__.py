"""What the move left on AWS: found, priced, proposed for an end, and removed one by one."""
