"""The problems, each seen at several resources."""
