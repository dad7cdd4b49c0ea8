"""What benchmarks/robustness/malformed.py is made of."""
