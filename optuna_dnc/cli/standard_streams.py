"""Standard streams that survive a full disk or a closed pipe."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class OutputClosed(Exception):  # noqa: N818 - not an error
    """Standard output is a pipe whose reader has closed it, as ``head`` does."""


@contextmanager
def standard_streams() -> Iterator[None]:
    """Replace the standard streams of the process in a context.

    The first failing write to standard output raises; later ones, also those when Python exits,
    are dropped. Failing writes to standard error are always dropped, so that a search continues
    without visible progress. Streams that were closed when the process started become the null
    device; otherwise the next opened file would take their file descriptor.
    """
    _take_closed_descriptors()
    before = sys.stdout, sys.stderr
    if os.name == "posix":
        sys.stdout = _replaced(sys.stdout, sys.__stdout__, _Output)
        sys.stderr = _replaced(sys.stderr, sys.__stderr__, _Dropping)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, OutputClosed, AttributeError):
                stream.flush()
        sys.stdout, sys.stderr = before


class _Dropping(io.FileIO):
    """File that drops what cannot be written."""

    def write(self, data: Any) -> int:
        """Write, and ignore errors."""
        with suppress(OSError):
            return super().write(data) or 0
        return len(data)


class _Output(io.FileIO):
    """File that raises the first error and drops everything after it."""

    has_failed = False

    def write(self, data: Any) -> int:
        """Write; raise OSError or OutputClosed once."""
        if self.has_failed:
            return len(data)
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            self.has_failed = True
            raise OutputClosed from None
        except OSError as error:
            self.has_failed = True
            error.filename = "standard output"
            raise


def _replaced(stream: TextIO, original: TextIO | None, kind: type[io.FileIO]) -> TextIO:
    """Return a robust stream, or ``stream`` itself if it was replaced before, as by tests."""
    if stream is None or stream is not original:
        return stream
    stream.flush()
    raw = kind(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream is sys.__stderr__ or stream.isatty(),
    )


def _take_closed_descriptors() -> None:
    # An opened file takes the lowest free descriptor.
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(number)
