"""Computational graphs: laid out, drawn, told step by step, and left to the reader as a puzzle."""
