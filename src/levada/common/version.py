"""The version of Levada."""

VERSION = "0.1.0"
