"""From SQL text to a graph of operators, in steps that can each be looked at.

``parser`` (text to syntax tree) -> ``binder`` (names and types: logical plan) -> ``rules`` (a cheaper plan of the same
rows) -> ``physical`` (operators, exchanges, changelog modes) -> ``translate`` (transformations of ``levada.graph``).

Imports ``levada.graph``, ``levada.operators``, ``levada.connectors`` and below. Nothing here runs a job.
"""
