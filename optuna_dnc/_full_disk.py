"""Tells a full disk from other errors."""

from __future__ import annotations

import errno

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# SQLite's two words for it, and safetensors' and torch's, which raise no OSError.
_SIGNS = (
    "database or disk is full",
    "disk I/O error",
    "No space left on device",
    "PytorchStreamWriter failed writing",
)


def is_disk_full(error: BaseException) -> bool:
    """Whether the error, or one that it came from, means that no more can be written."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _NUMBERS:
            return True
        if any(sign in str(cause) for sign in _SIGNS):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
