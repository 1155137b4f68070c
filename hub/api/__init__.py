"""The open API: read-only JSON over what the hub knows, and one stream of what changes."""
