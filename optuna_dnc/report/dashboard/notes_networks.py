"""A network in words and, where it has many layers, as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._markdown import fields
from optuna_dnc.nets.registry import FAMILIES


def network_note(network: str, config: Mapping[str, Any]) -> str:
    """Describe a network in Markdown.

    Args:
        network: Name of its family.
        config: The network, as JSON holds it. Its fields are listed if the family is not
            registered.
    """
    if network in FAMILIES:
        try:
            family = FAMILIES[network]()
            return family.describe(family.config_from_dict(dict(config)))
        except (InputError, TypeError):
            pass  # of another version: its fields still say what it is
    return fields(config)
