"""What is followed during an incident: figures of hosts, balancers and databases, their limits, and what was missed."""
