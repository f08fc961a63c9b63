"""``levada bench``: how fast it is here."""
