"""Puts releases on a node and takes them back: its own process, on the standard library alone."""
