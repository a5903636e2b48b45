"""What was seen and what became of it: events, verdicts, the journal's place, the report."""
