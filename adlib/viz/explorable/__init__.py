"""Pictures that move: panels of layers that a slider, a player or a choice changes."""
