"""Benchmarks of the parts of a training: what each is worth on fixed networks."""
