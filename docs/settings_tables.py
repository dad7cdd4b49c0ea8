"""Tables of settings in docs/search.md and docs/data.md, from the fields of their models.

``python -m docs.settings_tables`` writes them anew; a test compares.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from optuna_dnc._setting_fields import SettingField
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.runs.settings import SearchSettings

DOCS = Path(__file__).parent
PAGES = {
    DOCS / "search.md": SearchSettings.options("search"),
    DOCS / "data.md": DataOptions.options("search"),
}
BEGIN, END = "<!-- settings: made by docs/settings_tables.py -->\n", "<!-- end of settings -->\n"


IN_A_TRANSFER = {
    "always": "as in its source",
    "unless joint": "as in a staged source",
    "same task": "as in a source of the same task",
    "never": "the default",
}


def tables(fields: list[SettingField]) -> str:
    """One table a group, in Markdown."""
    groups = groupby(fields, key=lambda field: field.setting.group)
    return "\n".join(
        f"| {group} | default | in a transfer | |\n|---|---|---|---|\n"
        + "".join(map(_row, members))
        for group, members in groups
    )


def _row(field: SettingField) -> str:
    is_renamed = field.option != field.name.replace("_", "-")
    name = f"`--{field.option}`" + (f" (`{field.name}`)" if is_renamed else "")
    setting = field.setting
    transfer = IN_A_TRANSFER[setting.inherited] if "transfer" in setting.verbs else "-"
    cells = (name, field.default_text or "-", transfer, field.description)
    return "".join(f"| {cell.replace('``', '`')} " for cell in cells) + "|\n"


def with_tables(page: str, fields: list[SettingField]) -> str:
    """The page with the tables of the fields between the two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables(fields)}\n{END}{after}"


if __name__ == "__main__":
    for path, fields in PAGES.items():
        path.write_text(with_tables(path.read_text(), fields))
