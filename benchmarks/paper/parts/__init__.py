"""The findings, one a file."""
