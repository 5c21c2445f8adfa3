"""Programs: a run of a function, or of its derivative, written down as straight-line NumPy.

`program` is what is called; `recorder` writes a run down, with the `values` that
it hands to the function and what is `known` of NumPy's functions; `lines` makes
it shorter, `names` and `text` make it readable, `in_place` says what may be
deleted and written over, `program` puts it together and runs it.
"""
