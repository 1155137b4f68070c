"""Pages for people: rendered by the server first, kept up to date over server-sent events."""
