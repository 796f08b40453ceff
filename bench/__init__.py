"""Measurements as ratios: every pair is run side by side, in rounds, in one process (make bench)."""
