"""Readers of tags and cards: the port and its drivers."""
