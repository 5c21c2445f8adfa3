"""Formulas as outlines, and as words for those who listen."""
