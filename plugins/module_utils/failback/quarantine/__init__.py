"""What RDS changed since the cut-over: kept apart, judged against IDC, and applied only if a person says so."""
