"""Receipt printers: the port and its drivers."""
