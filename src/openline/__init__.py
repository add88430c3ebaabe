"""Openline: a line between two sides that do not trust each other. Start with `journey.py`."""

__version__ = "0.1.0"
