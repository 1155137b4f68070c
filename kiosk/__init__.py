"""The kiosk: one session, two faces."""
