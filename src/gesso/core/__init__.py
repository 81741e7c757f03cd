"""What every art stands on: declarations, media, weights, devices, seeds, progress and errors."""
