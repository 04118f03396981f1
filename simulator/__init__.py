"""Generates the source systems of the invented state Franklin, with the true answers.

Put here: what writes files in the publishers' formats, and what knows the truth about them.
Not here: anything of the product. The simulator imports no package of ours and none of ours imports it, so
that a test which compares a figure with the truth compares two ways of counting.
"""
