"""Problems and methods of ``multifidelity.py``."""
