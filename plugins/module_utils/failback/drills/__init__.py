"""What past drills prove about a plan: read from the record, judged by rule."""
