"""The parts of ``benchmarks.unchanged``: what users see, as JSON values that repeat."""
