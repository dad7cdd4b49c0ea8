"""Commands that are killed or whose disk fails, and what must be the same afterwards."""
