"""Settings and new starts that a hub orders of a node: what may be set, tried and taken back."""
