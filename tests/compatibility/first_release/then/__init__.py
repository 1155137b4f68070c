"""Frozen: what the first release read and wrote."""
