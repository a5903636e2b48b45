"""Deployments on Vercel, over its REST API."""
