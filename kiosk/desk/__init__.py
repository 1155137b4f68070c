"""The kiosk as a lending desk: journal, pad, library system and the rules of `kiosk.lending`."""
