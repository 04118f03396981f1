"""Franklin's federal money: from the award to the draw, conserved to the cent at every step.

Put here: awards, allocations, applications, claims, payments, draws, and the files and databases of them.
Not here: when a request is received, returned and paid (see `simulator.grants`), single audits.

The money systems hold all years they know whatever school years a run is asked for: an award lives 27 months
and more, so the figures of one year would otherwise depend on which others are written.
"""
