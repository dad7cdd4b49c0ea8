"""Built-in cost measures: each module of this package holds one, and is found by itself."""
