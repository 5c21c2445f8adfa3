"""How many sweeps of adlib go through a place in a program."""

import adlib


def counter():
    """A primitive that gives back its argument, and the counts of forward and reverse sweeps that went through it."""
    counts = {"forward": 0, "reverse": 0}

    @adlib.primitive
    def counted(x):
        return x

    def forward(tangents, ans, x):
        counts["forward"] += 1
        return tangents[0]

    def reverse(g, ans, x):
        counts["reverse"] += 1
        return [g]

    adlib.rule(counted, forward, reverse)
    return counted, counts
