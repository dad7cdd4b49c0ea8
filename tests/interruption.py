"""The end of a process, for tests that go on after it."""

from __future__ import annotations


class Killed(BaseException):
    """Stands for a signal that ends the process."""
