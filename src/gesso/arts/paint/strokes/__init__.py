"""A photograph painted with brush strokes."""
