"""Commands whose options are generated from the fields of the search settings."""

from __future__ import annotations

from functools import cached_property
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from optuna_dnc._setting_fields import SettingField, Verb


_REPEATS = {
    (dict, "Network"): " Repeat for more; search --dry-run lists all.",
    (dict, "Training"): " Repeat for more; search --dry-run lists all.",
    (dict, "Table"): " Repeat for more.",
    (tuple, "Table"): " Repeat for more, or separate them by commas.",
}
"""Sentences that the help adds to options that may be repeated, by type and group."""


class SettingsCommand(typer.core.TyperCommand):
    """Command that has the search settings of its verb as options.

    ``ctx.obj`` maps the Python names of the settings to their values, None if not given.
    """

    @cached_property
    def _settings(self) -> list[Any]:
        # Imported on use: the list of commands does not need pydantic.
        from optuna_dnc.cli.settings_file import options_of

        fields = options_of(cast("Verb", self.name))
        command: Any = lambda **settings: None  # noqa: E731
        command.__signature__ = Signature([_parameter(field, self.name) for field in fields])
        app = typer.Typer(add_completion=False)
        app.command()(command)
        return typer.main.get_command(app).params

    @cached_property
    def _all(self) -> list[Any]:
        return [*self._settings, *self._own]

    @property
    def params(self) -> list[Any]:
        """Settings, followed by the parameters of the function."""
        return self._all

    @params.setter
    def params(self, own: list[Any]) -> None:
        self._own = own

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters and ``--help``; put options without a group into the group Run."""
        params = super().get_params(ctx)
        for param in params:
            if isinstance(param, typer.core.TyperOption):
                param.rich_help_panel = param.rich_help_panel or "Run"
        return params

    def invoke(self, ctx: Any) -> Any:
        """Run the function with the settings in ``ctx.obj``."""
        values = {setting.name: ctx.params.pop(setting.name) for setting in self._settings}
        ctx.obj = {name: None if value in ((), []) else value for name, value in values.items()}
        return super().invoke(ctx)


def _parameter(field: SettingField, verb: str | None) -> Parameter:
    is_inherited = verb == "transfer" and field.setting.inherited != "never"
    text = field.help("as in the search of DIR" if is_inherited else None)
    option = typer.Option(
        f"--{field.option}/--no-{field.option}" if field.type is bool else f"--{field.option}",
        help=text + _REPEATS.get((field.type, field.setting.group), ""),
        metavar=field.setting.metavar,
        rich_help_panel=field.setting.group,
    )
    kinds: dict[Any, Any] = {dict: list[str], tuple: list[str], Any: str}
    kind: Any = kinds.get(field.type, field.type)
    return Parameter(
        field.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
