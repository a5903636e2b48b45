"""What comes after, or instead of, the way back: the stop-gap service, and cleaning up on AWS."""
