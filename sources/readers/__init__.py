"""Readers: a file of a known format to a table of text cells with line numbers.

Put here: one module per format. Not here: types, names or meaning of columns (`columns`, `values`).
"""
