"""Sources: one folder each, and the framework that turns their ugly files into tidy typed rows.

Put here: anything that knows a format, a header or a publisher's habit. Not here: Dagster, the lake, meaning.
"""
