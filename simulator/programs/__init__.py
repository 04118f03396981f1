"""What Franklin's programs report of their students.

Growth, English learners, migratory children, special education, community learning centers, career and
technical education.

Put here: one module per program, the draws and the file of each. Not here: figures made of them (`truth`).

The files but FS009 are a state's own: their columns are invented, since no public format exists.
"""
