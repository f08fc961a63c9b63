"""Bound queries: typed expressions and relational nodes, as frozen data.

Imports ``levada.sql.types``, ``levada.sql.catalog`` and ``levada.sql.errors``.
"""
