"""A stand-in for the REST API of AWX, as strict as AWX where a mistake of ours would show only there."""
