"""What the federal government publishes of Franklin: assessments, directory, membership.

Put here: one module a publication. Not here: what the state submits to it (`simulator.edfacts`).
"""
