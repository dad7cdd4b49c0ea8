"""Redaction of passwords of storage URLs in messages, logs and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

HIDDEN = "***"

_END = r"""['"](?:[\s,;:.)\]}]|$)"""
"""End of a quoted URL, which may hold any other characters."""
_SERVERS = r"(?:postgres|mysql|mariadb|oracle|mssql|redis|grpc)[a-z0-9+.\-]*:/?(?!/)"
"""A scheme with too few slashes."""
_USER = rf"""(?P<before>(?:(?:[a-z][a-z0-9+.\-]*:)?//|{_SERVERS})[^\s/@:\[\]'"]*:)"""
# Servers of clouds have users such as USER@SERVER.
_AT_SERVER = r"""(?P<before>(?:[a-z][a-z0-9+.\-]*:)?//[^\s/:\[\]'"]*@[^\s/:\[\]'"]*:)"""
_WITHIN_QUOTES = re.compile(rf"(?<=['\"(\[]){_USER}(?P<secret>(?:(?!{_END})[^\n])*)(?=@)", re.I)
_BARE = re.compile(rf"{_USER}(?P<secret>\S*)(?=@)", re.I)
_AT_SERVER_WITHIN_QUOTES = re.compile(
    rf"(?<=['\"]){_AT_SERVER}(?P<secret>(?:(?!{_END})[^\n])*)(?=@)", re.I
)
_BARE_AT_SERVER = re.compile(rf"{_AT_SERVER}(?P<secret>[^\s/]*)(?=@)", re.I)
# A password alone is in the position of the user.
_AS_USER = re.compile(r"(?P<before>(?:rediss?|grpc):/+)(?P<secret>[^\s/@:'\"]+)(?=@)", re.I)
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
_PATTERNS = (
    _WITHIN_QUOTES,
    _BARE,
    _AT_SERVER_WITHIN_QUOTES,
    _BARE_AT_SERVER,
    _AS_USER,
    _AS_PORT,
    _OPTION,
    _ITEM,
)
_OF_FILE = re.compile(r"(sqlite|journal)[a-z0-9+.\-]*:|.*\.(journal|log)$", re.I | re.S)
_MALFORMED = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.\-]*:)?(?P<slashes>/*)(?P<info>.*)@", re.I | re.S
)


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
    found |= set(_misplaced(url))
    found |= {unquote_plus(secret) for secret in found}
    return {form for secret in found for form in (secret, repr(secret)[1:-1]) if form}


def _misplaced(url: str) -> Iterator[str]:
    """Yield what may be the password of a URL that no library can read."""
    match = _MALFORMED.match(url)
    if match is None or _OF_FILE.match(url):
        return
    user, colon, secret = match["info"].partition(":")
    if colon:
        yield secret
        yield secret.rpartition(":")[2]
    elif len(match["slashes"]) < 2:  # USER:PASSWORD@HOST, or a password alone
        yield user


def _parts(secret: str) -> Iterator[str]:
    # An @, / or : that is not percent-encoded ends the password for some libraries.
    yield from re.split("[@/:?&#]", secret)
