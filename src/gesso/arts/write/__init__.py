"""Poems and prose."""
