"""Data sets by name or folder: where they come from, whether they are whole, and how they are read."""
