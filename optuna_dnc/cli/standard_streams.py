"""Standard output and error that a full disk or a closed pipe cannot break."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class OutputClosed(Exception):  # noqa: N818 - no error: whoever reads has seen enough
    """Standard output is a pipe that nobody reads any more."""


@contextmanager
def standard_streams() -> Iterator[None]:
    """Replace the process's standard streams while the block lasts.

    The first write to standard output that fails raises, and names it; what is written later is
    dropped, also at the end of the process, where Python would complain. Failures of standard
    error are never raised: a search goes on without its progress being seen. Streams that the
    process was started without are the null device, or the next file that is opened would take
    their place.
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
    """Drops what cannot be written."""

    def write(self, data: Any) -> int:
        """Write, or pretend to."""
        with suppress(OSError):
            return super().write(data) or 0
        return len(data)


class _Output(io.FileIO):
    """Raises once where it cannot write, and drops the rest."""

    has_failed = False

    def write(self, data: Any) -> int:
        """Write, or raise OSError or OutputClosed once."""
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
    """The stream itself if somebody has put another one in its place, as tests do."""
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
    # An open file takes the lowest number that is free.
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(number)
