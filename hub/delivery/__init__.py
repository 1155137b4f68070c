"""Alerts on their way to people: who is told of what, by which channel, and what became of it.

An alert's event becomes deliveries in the records, in one transaction; a worker sends them through
apprise until each is sent, withdrawn or given up as a dead letter. `told`, `book`, `routing`,
`pacing`, `wording` and `reasons` decide without a clock or a disk.
"""
