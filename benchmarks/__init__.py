"""How fast Levada is, beside a bare Python loop and other systems: ``python -m benchmarks`` (``make bench``).

``figures/`` holds one file per figure: what is compared, and the goals. ``workers/`` holds the programs that are timed;
each contender runs in a process of its own, other systems from virtual environments of their own (``peers.py``).
The scripts beside them (``kernels.py``, ``kernels_aggregate.py``, ``row_micro.py``) measure parts alone.
"""
