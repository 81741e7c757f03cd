"""English verse in iambic pentameter."""
