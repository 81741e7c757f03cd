"""The ways in: the command line, the Python calls, the gallery. Thin: they hold no art."""
