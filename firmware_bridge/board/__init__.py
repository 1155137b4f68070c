"""Our own board's protocol: messages, and what a host makes of them. Pure."""
