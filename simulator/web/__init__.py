"""Franklin's web systems: what they hold, and a server that answers as the real ones do.

Put here: one module a system for what it holds (`hold_*`), one for how it answers (`answer_*`), the server.
Not here: the product's clients; nothing of the product is imported here and none of this there.
"""
