"""Builds the execution environments: a base image of Debian packages, then what ansible-builder makes of them."""
