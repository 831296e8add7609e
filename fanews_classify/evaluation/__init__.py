"""Honest scores: F1 with intervals, calibration, slices, noise."""
