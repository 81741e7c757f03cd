"""The arts, one folder each; the registry finds them by scanning this package."""
