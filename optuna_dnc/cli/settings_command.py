"""Commands with the settings of a search as options, made from the fields of the settings."""

from __future__ import annotations

from functools import cached_property
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from optuna_dnc.runs.setting_fields import SettingField, Verb


class SettingsCommand(typer.core.TyperCommand):
    """A command that has the settings of the verb of its name as options.

    Their values are in ``ctx.obj`` by the names of settings in Python, None where not given.
    """

    @cached_property
    def _settings(self) -> list[Any]:
        # Not before the command is used: the list of commands does without pydantic.
        from optuna_dnc.runs.settings import SearchSettings

        fields = SearchSettings.options(cast("Verb", self.name))
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
        """The settings, then the parameters of the function."""
        return self._all

    @params.setter
    def params(self, own: list[Any]) -> None:
        self._own = own

    def get_params(self, ctx: Any) -> list[Any]:
        """The same with ``--help``; options without a group are in the group Run."""
        params = super().get_params(ctx)
        for param in params:
            if isinstance(param, typer.core.TyperOption):
                param.rich_help_panel = param.rich_help_panel or "Run"
        return params

    def invoke(self, ctx: Any) -> Any:
        """Run the function with the settings in ``ctx.obj``."""
        given = {setting.name: ctx.params.pop(setting.name) for setting in self._settings}
        ctx.obj = {name: None if value in ((), []) else value for name, value in given.items()}
        return super().invoke(ctx)


def _parameter(field: SettingField, verb: str | None) -> Parameter:
    is_inherited = verb == "transfer" and field.setting.inherited != "never"
    text = field.help("as in the search of DIR" if is_inherited else None)
    option = typer.Option(
        f"--{field.option}/--no-{field.option}" if field.type is bool else f"--{field.option}",
        help=f"{text} Repeat for more; search --dry-run lists all."
        if field.type is dict
        else text,
        metavar=field.setting.metavar,
        rich_help_panel=field.setting.group,
    )
    kind: Any = list[str] if field.type is dict else field.type
    return Parameter(
        field.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
