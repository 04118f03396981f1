"""Strict models of everything people write in YAML: contracts, measures, plans, agencies.

Put here: the shape and the meaning of a declaration, and the errors that explain a bad one.
Not here: anything that reads data or opens a database. This package imports nothing of ours.
"""
