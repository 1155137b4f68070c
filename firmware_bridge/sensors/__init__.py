"""Sensors: the port, its readings, its drivers."""
