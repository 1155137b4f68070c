"""Actuators: the port and its drivers."""
