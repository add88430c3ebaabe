"""Figures, measured and never asserted: `make bench` (DESIGN's promises kept in numbers)."""
