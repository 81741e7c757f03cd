"""Patterns: abstract pictures from a seed alone, by networks of simple functions of the place."""
