"""The Wengert list with names: steps of both modes, counts, what is kept."""
