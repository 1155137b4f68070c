"""The console for staff over SSH: a client of the hub's API, which knows nothing of its inside."""
