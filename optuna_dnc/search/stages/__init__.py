"""Stages of a search, and the workers that run them."""
