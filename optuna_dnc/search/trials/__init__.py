"""Life of a trial: claimed, trained or rejected, recorded, and reported to its study."""
