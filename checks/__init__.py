"""What is true: claims about tables, evaluated inside DuckDB over the lake.

Put here: claims, how they are evaluated, and what a result says.
Not here: when checks run and who is told (`pipelines`), or what a table is (`warehouse.model`).
"""
