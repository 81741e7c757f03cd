"""Paint: pictures out of nothing, a word, a mask, a photograph."""
