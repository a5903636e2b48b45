"""What the action plugins and the command share: pure logic and thin wrappers around the outside world."""
