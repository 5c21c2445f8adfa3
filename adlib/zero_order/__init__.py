"""Derivatives from values alone: differences, random slopes, counted evaluations."""
