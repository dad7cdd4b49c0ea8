"""Options that one command has in common with another, written down once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from copy import copy
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

Command = TypeVar("Command", bound=Callable[..., None])


def with_options_of(
    other: Callable[..., None],
    names: Collection[str],
    *,
    inherited: Collection[str] = (),
    default: str = "",
) -> Callable[[Command], Command]:
    """Give a command, which takes ``**options``, some options of another one.

    Args:
        other: The command that has them.
        names: Their names in Python.
        inherited: Those whose default is not that of the other command.
        default: What it is, in words.
    """
    hints = get_type_hints(other, include_extras=True)
    theirs = inspect.signature(other).parameters

    def decorate(command: Command) -> Command:
        parameters = [
            parameter
            for parameter in inspect.signature(command, eval_str=True).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        for name in names:
            hint = _with_default(hints[name], default) if name in inherited else hints[name]
            kind = inspect.Parameter.KEYWORD_ONLY
            parameters.append(theirs[name].replace(annotation=hint, kind=kind))
        described: Any = command
        described.__signature__ = inspect.Signature(parameters)
        described.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


def _with_default(hint: Any, default: str) -> Any:
    """The same option with another end of ``What it is; default X.``."""
    kind, option = get_args(hint)
    option = copy(option)
    told = option.help.partition("; default ")[0].rstrip(".")
    option.help = f"{told}; default {default}."
    return Annotated[kind, option]
