"""Carrying out what a session asks for: at the desk, on paper, by mail, on the wire."""
