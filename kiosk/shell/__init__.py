"""What stands around the kiosk's page on a machine of its own: browser, its lock, the panel."""
