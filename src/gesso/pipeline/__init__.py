"""Data, the training loop, checkpoints and metrics, written once for every art."""
