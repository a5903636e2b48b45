"""Rolling one application's release back: looked at, planned, confirmed, carried out, and told."""
