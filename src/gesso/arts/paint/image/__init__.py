"""Paint a picture out of noise: a rectified flow, and the few steps that it is shortened to."""
