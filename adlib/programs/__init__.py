"""Programs: a run of a function, or of its derivative, written down as straight-line NumPy.

`program` is what is called; `recorder` writes a run down, with the `values` that
it hands to the function, the `notes` that derivatives make, and what is `known`
of NumPy's functions.  `lines` are what it writes, `simplify` makes them fewer,
and `edges` asks whether the rare cases that were passed over would show.
`names` and `text` make them readable, `in_place` says what may be deleted and
written over, and `signature` what a call has to look like.
"""
