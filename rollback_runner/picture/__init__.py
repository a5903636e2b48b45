"""Pictures as inline SVG: plain text with no script, no outside asset, readable on paper and on a dark screen."""
