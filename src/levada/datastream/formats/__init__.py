"""Formats under PyFlink's names: CSV, JSON and Parquet. What they make are formats of ``levada.formats``."""
