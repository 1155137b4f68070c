"""Accounts of the staff: log-in, sessions, tokens, and who may do what now."""
