"""The demonstration: a job over flights (``job``), killed half-way and resumed (``drive``), its results checked.

``make demo`` runs it on real departures, ``levada demo`` on generated ones (``generated``); both put them out of order
first (``replay``). Part of the command line; ``verify`` imports nothing of Levada.
"""
