"""What runs over batches: one operator per file, for Python rows (``row``) and Arrow columns (``columnar``).

``base`` is the contract; ``source``, ``sink`` and ``watermarks`` serve both worlds. May import: connectors, formats,
state, common.
"""
