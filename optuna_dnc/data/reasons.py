"""The reason that another library gives for a failure, short enough for one line."""

from __future__ import annotations

import textwrap


def brief(error: BaseException) -> str:
    """The message of `error` on one line of at most 150 characters, without a full stop."""
    text = str(error) or type(error).__name__
    return textwrap.shorten(text, width=150, placeholder=" ...").rstrip(".:")
