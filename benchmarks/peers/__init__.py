"""Ours against what users would run instead, at equal processor time."""
