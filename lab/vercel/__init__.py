"""A stand-in for the Vercel REST API and for the edge that serves what is deployed there."""
