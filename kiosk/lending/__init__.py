"""Lending: an item that changes hands, decided without I/O. Pure; `kiosk.desk` carries it out."""
