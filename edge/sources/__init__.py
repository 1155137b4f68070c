"""What an edge counts with: cameras and serial devices, each a task of its own."""
