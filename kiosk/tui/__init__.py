"""The Textual face of a kiosk's session: lending, information and staff at a terminal."""
