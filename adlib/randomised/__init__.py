"""Estimates by sampling, each with its error and its price: traces, diagonals, spectra."""
