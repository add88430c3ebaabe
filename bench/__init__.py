"""Figures, measured and never asserted: `make bench`."""
