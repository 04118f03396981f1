"""EDFacts submission files of Franklin: one module per kind of file specification.

Put here: what is submitted, in which layout and format. Not here: who exists and what happened to them
(`people`, `outcomes`, `money`).

Layouts follow CEDS-Collaborative-Exchange/Generate, the latest it declares of each specification. Where it
has no code list, codes are those of neighbouring tables and of states' public programs. What is our own, for
want of the specification, is marked so where it stands: some table types and designations; and the
abbreviations of file names in file_types.csv that Generate does not give.
"""
