"""The hub: intake -> store -> occupancy -> API and pages."""
