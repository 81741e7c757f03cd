"""A picture repainted in a style."""
