"""Errors that a user can mend: every message is one sentence that says what to do next."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable, Sequence


class InputError(ValueError):
    """Something the user gave is wrong.

    The message names the argument, the value received, what is allowed and what to do next, in
    one line. The command line prints it alone and exits with 2.
    """


def unknown_name(what: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not in a closed list, with the nearest name suggested."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(f"{what} {name!r} is unknown; allowed are {', '.join(names)}.{hint}")


def listed(words: Sequence[str], most: int = 5) -> str:
    """The words with commas between them; of many, the first ones and how many more."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"


def brief(error: BaseException) -> str:
    """The message of another library's error, on one line and short, without a full stop."""
    text = str(error) or type(error).__name__
    return textwrap.shorten(text, width=150, placeholder=" ...").rstrip(".:")
