"""The commands of `spm`, one module each; imported only when the command runs.

Put here: what a command prints. Not here: what it does (`refresh`, `assets`, `warehouse`).
"""
