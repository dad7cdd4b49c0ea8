"""Tables of settings in docs/search.md, from the fields of SearchSettings.

``python -m docs.settings_tables`` writes them anew; a test compares.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from optuna_dnc._setting_fields import SettingField
from optuna_dnc.runs.settings import SearchSettings

PAGE = Path(__file__).parent / "search.md"
BEGIN, END = "<!-- settings: made by docs/settings_tables.py -->\n", "<!-- end of settings -->\n"


IN_A_TRANSFER = {
    "always": "as in its source",
    "unless joint": "as in a staged source",
    "never": "the default",
}


def tables() -> str:
    """One table a group, in Markdown."""
    fields = SearchSettings.options("search")
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


def with_tables(page: str) -> str:
    """The page with the present tables between the two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
