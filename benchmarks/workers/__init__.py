"""Programs that are timed: each answers requests on standard input (``protocol.py``).

A worker of another system imports nothing but that system, the standard library, ``functions`` and ``protocol``.
"""
