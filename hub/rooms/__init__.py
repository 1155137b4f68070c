"""Unstaffed rooms as the staff sees them: how each is, who is needed where, orders, the journal.

`desk` sends orders and keeps what became of them; the other modules do no I/O.
"""
