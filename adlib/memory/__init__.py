"""Memory for time: a part of the program is run again, and what is held is counted.

How a gradient through ``checkpoint_chain(step, state, inputs, *shared)`` goes.
`chain.run_chain` replaces every traced value and array among the arguments by a
reference (`call`), and records the whole call as one operation on the outer
tape.  There a run of the schedule starts (`execution.ScheduledRun`), action by
action.  *Advance* runs steps under a trace that records nothing, and keeps a
fingerprint of what each used and returned.  *Store* puts the state between two steps, a
tree with references and their values, into a slot.  *Record* runs one step on a
tape of its own.  When the last state is there, the run waits, and the user's
function goes on.  On the way back the outer tape comes to the call and hands
over the adjoints that it has collected.  The run goes on: *Reverse* walks the
tape of a step, takes adjoints from the references of its results to those of
its inputs, and drops the tape; *Restore* takes a state out of a slot, *Free*
empties the slot, *Advance* and *Record* run steps again, and their
fingerprints are compared with the first ones.  With the last *Reverse* the adjoints of the
operands are complete, and the outer tape takes them over.
"""
