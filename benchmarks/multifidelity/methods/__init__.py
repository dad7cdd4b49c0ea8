"""The methods that are compared: ours and their peers."""
