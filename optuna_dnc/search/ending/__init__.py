"""What follows the last stage: choice, last training, test, judgement, and result."""
