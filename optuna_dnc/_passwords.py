"""Redaction of passwords of storage URLs in messages, logs and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

HIDDEN = "***"

_END = r"""['"](?:[\s,;:.)\]}]|$)"""
"""End of a quoted URL, which may hold any other characters."""
_USER = r"""(?P<before>(?:[a-z][a-z0-9+.\-]*:)?//[^\s/@:\[\]'"]*:)"""
_WITHIN_QUOTES = re.compile(rf"(?<=['\"(\[]){_USER}(?P<secret>(?:(?!{_END})[^\n])*)(?=@)", re.I)
_BARE = re.compile(rf"{_USER}(?P<secret>\S*)(?=@)", re.I)
# Without @HOST, the password is in the position of the port.
_AS_PORT = re.compile(
    rf"(?!http){_USER}(?!\d+(?:\W|$)|\*|[^\s'\"]*@)(?P<secret>[^\s/?'\"]+)", re.I
)
_NAMES = "pass|pwd|secret|token|credential|auth|api_?key|access_?key|private_?key|odbc_connect"
_OPTION = re.compile(
    rf"(?P<before>(?:^|[?&;,<\s'\"(])[\w.\-]*(?:{_NAMES})[\w.\-]*=)"
    rf"(?P<secret>b?'[^'\n]*'|(?:(?!{_END})[^&\s])+)",
    re.I,
)
# As drivers show the options of a connection.
_ITEM = re.compile(
    r"""(?P<before>['"]\w*(?:password|passwd|pwd|secret|token)\w*['"]\s*:\s*)"""
    r"""(?P<secret>b?'[^'\n]*'|b?"[^"\n]*")""",
    re.I,
)
_PATTERNS = (_WITHIN_QUOTES, _BARE, _AS_PORT, _OPTION, _ITEM)


def without_passwords(text: str, url: str = "") -> str:
    """Replace each password in a text by ``***``.

    Passwords are between user and host of a URL, and in options such as ``password=`` and
    ``token=``, percent-encoded or not.

    Args:
        text: A message or traceback, also of another library.
        url: Storage URL of the text. Its passwords are hidden anywhere, raw and decoded, also
            parts of one that a library mistook for the host.
    """
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    return text


def _secrets(url: str) -> set[str]:
    found = {match["secret"] for pattern in _PATTERNS for match in pattern.finditer(f"'{url}'")}
    found |= {part for secret in found for part in _parts(secret)}
    return {form for secret in found for form in (secret, unquote_plus(secret)) if form}


def _parts(secret: str) -> Iterator[str]:
    # An @, / or : that is not percent-encoded ends the password for some libraries.
    yield from re.split("[@/:?&#]", secret)
