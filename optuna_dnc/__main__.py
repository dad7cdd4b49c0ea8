"""``python -m optuna_dnc`` is ``optuna-dnc``."""

from optuna_dnc.cli.app import main

main()
