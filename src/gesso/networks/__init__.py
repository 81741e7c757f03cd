"""Building blocks that arts share: pure modules, no training, no files."""
