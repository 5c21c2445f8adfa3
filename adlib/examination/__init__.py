"""Is the derivative of a program the derivative that was meant?  Slopes by every method, side by side, and what parts them.

`sides` measures slopes from values alone, `runs` differentiates the program in several ways, with one branch turned at a
time, `places` finds the operation at which something happens, and `verdicts` draws the conclusions.  `examine` is the way in.
"""
