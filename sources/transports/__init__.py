"""Transports: how bytes come from where an agency keeps them.

Put here: one module per kind of address. Not here: keeping the bytes (`snapshot`), their outcome (`acquire`)
or their meaning (`readers`).
"""
