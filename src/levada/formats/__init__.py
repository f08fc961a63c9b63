"""How records look as bytes: one file per format, each decoding blocks and encoding batches.

``base`` holds what formats have in common, ``rows`` turns columns into Python rows and back, ``convert`` reads single
values of text the careful way. Formats are plain picklable data. Blocks are decoded by Arrow in one call; only a block
that Arrow refuses is gone through record by record, to find the bad one.

May import ``common``. Arrow is loaded inside functions.
"""
