"""The inputs of benchmarks.robustness.malformed, and how commands are run on them."""
