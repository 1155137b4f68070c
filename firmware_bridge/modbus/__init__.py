"""Modbus RTU: frames, and a line that several devices share."""
