"""Errors that a user can mend: every message is one sentence that says what to do next."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from optuna_dnc._passwords import without_passwords

LONGEST_VALUE = 80
"""Characters that a message shows of a value."""
_LONGEST_MESSAGE = 150
_LONG_WORD = re.compile(rf"[^\s/\\]{{{LONGEST_VALUE + 1},}}")


class InputError(ValueError):
    """Something the user gave is wrong.

    The message names the argument, the value received, what is allowed and what to do next, in
    one line. The command line prints it alone and exits with 2. Words of more than 80 characters,
    and such names in a path, lose their middle. Passwords of URLs are left out.
    """

    def __init__(self, message: str = "") -> None:
        message = without_passwords(message)
        super().__init__(with_short_words(message))


class DamagedCheckpoint(RuntimeError):  # noqa: N818 - says what is wrong, as FileNotFoundError
    """A checkpoint cannot be read; the configuration is trained again from the start."""


class RunBusyError(InputError):
    """Another process is at work in the folder of a run."""


class StorageError(InputError, OSError):
    """A disk or a storage is full, fails, is damaged, or cannot be reached.

    Finished trials are kept; the same call resumes once the cause is removed.
    """


def with_short_words(message: str) -> str:
    """A message whose words, and names in paths, have at most 80 characters."""
    return _LONG_WORD.sub(lambda found: cut(found[0]), message)


def cut(text: str, limit: int = LONGEST_VALUE) -> str:
    """Text of at most ``limit`` characters: the middle of a longer one becomes dots.

    The start says what it is, and the end what kind of file.
    """
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 3]}...{text[-end:]}"


def shown(value: object) -> str:
    """A value as messages show it: its repr, at most 80 characters of it."""
    try:
        return cut(repr(value))
    except Exception:
        # An int of more than 4300 digits, a list that is nested too deep, a class of one's own.
        return f"a value of type {type(value).__name__}"


def unknown_name(what: str, name: object, known: Iterable[str]) -> InputError:
    """The error for a name that is not in a closed list, with the nearest name suggested."""
    names = sorted(known)
    near = []
    if isinstance(name, str) and len(name) <= LONGEST_VALUE:
        near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(f"{what} {shown(name)} is unknown; allowed are {', '.join(names)}.{hint}")


def listed(words: Sequence[str], most: int = 5) -> str:
    """The words with commas between them; of many, the first ones and how many more."""
    first = ", ".join(words[:most])
    return first if len(words) <= most else f"{first} and {len(words) - most} more"


def brief(error: BaseException, url: str = "") -> str:
    """The message of another library's error, on one line and short, without a full stop.

    Passwords are left out, those of ``url`` wherever they stand.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    return cut(without_passwords(text, url), _LONGEST_MESSAGE).rstrip(".:")
