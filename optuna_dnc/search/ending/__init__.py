"""Steps after the last stage: choice, final training, test, evaluation, and result."""
