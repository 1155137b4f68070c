"""Boards without hardware that speak the real bytes over a real pty: for demos, tests, benches."""
