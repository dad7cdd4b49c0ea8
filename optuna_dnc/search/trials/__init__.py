"""The life of a trial: claimed, trained or rejected, recorded, and told to its study."""
