"""``python -m optuna_dnc.cli`` is ``optuna-dnc``."""

from optuna_dnc.cli.app import main

main()
