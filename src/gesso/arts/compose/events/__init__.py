"""Composing note after note, in the kind of the user's own music: a line, or a piano's."""
