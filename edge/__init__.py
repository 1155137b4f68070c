"""The agent on a Raspberry Pi: cameras and serial devices -> spool -> hub."""
