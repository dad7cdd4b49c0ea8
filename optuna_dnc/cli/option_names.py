"""Messages of the library with the options of the command line instead of Python arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ARGUMENT = re.compile(
    r"""(?<![\w.-])(?P<name>[a-z_0-9]+)=(?P<value>'[^']*'|\w+(?:\.\w+)*)?(?=[\s,;)]|\.(?!\w)|$)"""
)
"""``out=`` or ``task='regression'``, anywhere in a message."""

_SUBJECT = re.compile(r"^(?P<name>[a-z_0-9]+)(?=: | must )")
"""The argument that a message is about: ``wc must be ...``, ``out: ...``."""

_FLAGS = {("all_samples", "False"): "--hold-out"}
"""Values of arguments that are options of their own."""


def with_option_names(message: str, params: Sequence[Any]) -> str:
    """Return a message with ``--option`` for each Python argument that is one.

    Args:
        message: One sentence or several.
        params: Of the command, as click has them.
    """
    options = {
        param.name: max(param.opts, key=len)
        for param in params
        if param.param_type_name == "option"
    }
    message = _ARGUMENT.sub(lambda found: _option(found, options), message)
    return _SUBJECT.sub(lambda found: options.get(found["name"], found[0]), message)


def _option(found: re.Match[str], options: Mapping[str, str]) -> str:
    name, value = found["name"], (found["value"] or "").strip("'")
    if (name, value) in _FLAGS:
        return _FLAGS[name, value]
    if name not in options:
        return found[0]
    return f"{options[name]} {value}".rstrip()
