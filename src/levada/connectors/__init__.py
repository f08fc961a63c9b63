"""Where records come from and go to: one file or folder per system, on the contracts of ``base``.

Sources and sinks are plain picklable data; their readers and writers are made where they run. ``splits`` holds the
enumerator and reader that most sources share, ``indexed`` the base of sources whose records are found by number, and
``rate`` paces any source.

May import ``formats``, ``state`` and ``common``. Modules that need Arrow or numpy load them inside functions, so that a
job of Python rows starts without them.
"""
