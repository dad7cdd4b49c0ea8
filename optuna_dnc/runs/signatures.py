"""Signatures that list the settings of a search, for ``help()`` and notebooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import get_type_hints

from optuna_dnc._setting_fields import Setting

Function = TypeVar("Function", bound=Callable[..., Any])


class InWords:
    """Default that depends on the data or on other settings, described in words.

    Args:
        text: The description.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"<{self._text}>"


def with_settings(keywords: type[Any], *models: type[Any]) -> Callable[[Function], Function]:
    """Replace ``**settings`` in the signature of a function by their names and defaults.

    Type checkers read ``Unpack[keywords]`` instead; the function itself stays as it is.

    Args:
        keywords: The ``TypedDict`` of the settings.
        models: The models that have them as fields, annotated with ``Setting``.
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        explicit = [
            parameter
            for parameter in signature.parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        known = {parameter.name for parameter in explicit}
        hints = get_type_hints(keywords)
        settings = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name]
            )
            for model in models
            for name, default in _defaults(model).items()
            if name in hints and name not in known
        ]
        described: Any = function
        described.__signature__ = signature.replace(parameters=[*explicit, *settings])
        return function

    return decorate


def _defaults(model: type[Any]) -> dict[str, Any]:
    """Return the defaults of the fields that users can set, by name."""
    defaults = {}
    for name, field in model.model_fields.items():
        setting = next((item for item in field.metadata if isinstance(item, Setting)), None)
        if setting is not None:
            default = field.get_default(call_default_factory=True)
            defaults[name] = default if setting.default is None else InWords(setting.default)
    return defaults
