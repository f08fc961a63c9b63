"""What was written: statements, queries and expressions as frozen data, each with its place in the text.

Imports only ``levada.sql.types`` and ``levada.sql.errors``.
"""
