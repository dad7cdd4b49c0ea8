"""Errors that users can fix: each message is one sentence with the next step."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from optuna_dnc._passwords import without_passwords

LONGEST_VALUE = 80
"""Largest number of characters of a value in a message."""
_LONGEST_MESSAGE = 150
_MOST_ALLOWED = 30
"""Known names that a message lists: a table may have thousands of columns."""
_LONG_WORD = re.compile(rf"[^\s/\\]{{{LONGEST_VALUE + 1},}}")


class InputError(ValueError):
    """Invalid input of the user.

    The message names the argument, the value received, what is allowed and what to do next, in
    one line. The command line prints it alone and exits with 2. Words and parts of paths of more
    than 80 characters are shortened; passwords of URLs are hidden, and so are characters that a
    terminal would obey: names of columns come from files.
    """

    def __init__(self, message: str = "") -> None:
        message = printable(without_passwords(message))
        super().__init__(with_short_words(message))


class DamagedCheckpoint(RuntimeError):  # noqa: N818 - says what is wrong, as FileNotFoundError
    """A checkpoint cannot be read; the configuration is trained again from the start."""


class RunBusyError(InputError):
    """Another process uses the folder of a run."""


class StorageError(InputError, OSError):
    """A disk or a storage is full, fails, is damaged, or cannot be reached.

    Finished trials are saved; the same call resumes once the cause is removed.
    """

    def __new__(cls, *arguments: object) -> StorageError:
        """Create it, also where Dask reads its pickle: it would call that of ValueError."""
        del arguments
        return OSError.__new__(cls)


def printable(text: str) -> str:
    """Return a text in one line, with ``?`` for characters that cannot be printed."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


@contextmanager
def argument_named(name: str) -> Iterator[None]:
    """Begin the messages of errors with the argument that is to blame."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def with_short_words(message: str) -> str:
    """Shorten words and parts of paths in a message to 80 characters."""
    return _LONG_WORD.sub(lambda word: cut(word[0]), message)


def cut(text: str, limit: int = LONGEST_VALUE) -> str:
    """Shorten a text to ``limit`` characters by replacing its middle with dots.

    The start often says what it is, the end what kind of file.
    """
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 3]}...{text[-end:]}"


def shown(value: object) -> str:
    """Return the repr of a value for a message: one line, shortened to 80 characters."""
    try:
        text = repr(value)
        return cut(" ".join(text.split()) if "\n" in text else text)
    except Exception:
        # An int of more than 4300 digits, a list that is nested too deep, a class of the user.
        return f"a value of type {type(value).__name__}"


def unknown_name(what: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for an unknown name, with the known names and the most similar one."""
    names = sorted(known)
    near = []
    if isinstance(name, str) and len(name) <= LONGEST_VALUE:
        near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    allowed = listed(names, _MOST_ALLOWED)
    return InputError(f"{what} {shown(name)} is unknown; allowed are {allowed}.{hint}")


def listed(words: Sequence[str], most: int = 5) -> str:
    """Join words by commas; of many, the first ones and the number of others."""
    first = ", ".join(words[:most])
    return first if len(words) <= most else f"{first} and {len(words) - most:,} more"


def brief(error: BaseException, url: str = "") -> str:
    """Return the message of another library's error on one short line, without a full stop.

    Passwords are hidden, those of ``url`` anywhere.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    return cut(without_passwords(text, url), _LONGEST_MESSAGE).rstrip(".:")
