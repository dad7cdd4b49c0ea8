"""Limits of a search: on the costs of networks, and on the time."""
