"""Pages of text: fonts found, their glyphs as outlines, and the two ways of setting a page."""
