"""The command line. One file per command; ``app`` puts them together. May import every floor below it.

``main`` is the entry point of the ``levada`` script.
"""

from levada.cli.app import main

__all__ = ["main"]
