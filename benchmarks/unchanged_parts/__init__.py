"""The parts of ``unchanged.py``: each computes what users see, as JSON values that repeat."""
