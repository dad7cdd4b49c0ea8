"""Translation of Python arguments to command-line options in error messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ARGUMENT = re.compile(
    r"""(?<![\w.-])(?P<name>[a-z_0-9]+)=(?P<value>'[^']*'|\w+(?:\.\w+)*)?(?=[\s,;)]|\.(?!\w)|$)"""
)
"""``out=`` or ``task='regression'``, anywhere in a message."""

_SUBJECT = re.compile(
    r"^(?P<name>[a-z_0-9]+)(?: and (?P<other>[a-z_0-9]+))?"
    r"(?=: | (?:must|is|needs|has|cannot|are)\b| ')"
)
"""The argument at the start of a message: ``wc must be ...``, ``out: ...``,
``metric 'mae' is ...``;
or two of them: ``test and test_fraction are mutually exclusive``."""

_CHANGED = re.compile(r"(?<=[:;] )(?P<name>[a-z_0-9]+)(?= was )")
"""Arguments that differ from those of a run: ``wc was 0.1, now 1``."""

_FLAGS = {("all_samples", "False"): "--hold-out"}
"""Options that stand for a single value of an argument."""


def with_option_names(message: str, params: Sequence[Any]) -> str:
    """Replace Python arguments in a message by their command-line options.

    Args:
        message: Error message of the library.
        params: Parameters of the click command.
    """
    options = {}
    for param in params:
        if param.param_type_name == "option":
            options[param.name] = max((*param.opts, *param.secondary_opts), key=len)
            if param.is_flag:
                flags = {"True": param.opts, "False": param.secondary_opts}
                options |= {f"{param.name}={value}": o[0] for value, o in flags.items() if o}
    message = _ARGUMENT.sub(lambda match: _option(match, options), message)
    for pattern in (_CHANGED, _SUBJECT):
        message = pattern.sub(lambda match: _subject(match, options), message)
    return message


def _subject(match: re.Match[str], options: Mapping[str, str]) -> str:
    names = [name for name in match.groups() if name is not None]
    return " and ".join(options.get(name, name) for name in names)


def _option(match: re.Match[str], options: Mapping[str, str]) -> str:
    name, value = match["name"], (match["value"] or "").strip("'")
    if (name, value) in _FLAGS:
        return _FLAGS[name, value]
    if f"{name}={value}" in options:
        return options[f"{name}={value}"]
    if name not in options:
        return match[0]
    return f"{options[name]} {value}".rstrip()
