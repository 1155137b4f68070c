"""The session on a touch screen: one page, served to the kiosk's own browser and to nobody else."""
