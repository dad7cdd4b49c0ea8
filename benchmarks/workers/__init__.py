"""Benchmarks of several workers on one search."""
