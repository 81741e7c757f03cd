"""Invented characters, written stroke by stroke."""
