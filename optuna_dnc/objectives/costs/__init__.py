"""Built-in cost measures: one in each module of this package, all found automatically."""
