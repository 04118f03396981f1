"""The true answers: every measure for every organization, from the draws themselves.

Put here: one module per kind of answer; `answers` keeps them and knows how schools add up to LEAs and the
state. Not here: files. Nothing is read back, so an error in a reader of the product cannot hide in the truth.

The columns and the words `none`, `annual`, `authorizer`, `reporting_lea` and `as_published` are those of a
release, so that the two can be joined. An LEA's figure counts the schools it authorizes or the schools it
reports, or it is the LEA's own; `none` stands for a dimension that does not apply.
"""
