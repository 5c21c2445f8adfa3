"""Solutions, factors, spectra and norms, with the derivation above each rule.

Importing this package fills the table for numpy.linalg.
"""

from . import factors, norms, spectra, systems

__all__ = ["factors", "norms", "spectra", "systems"]
