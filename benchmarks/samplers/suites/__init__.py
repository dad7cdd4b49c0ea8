"""The problems, which others wrote."""
