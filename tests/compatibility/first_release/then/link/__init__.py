"""The link of the first release, as it was."""
