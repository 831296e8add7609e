"""Evaluations as pages and figures; matplotlib comes in where something is drawn."""
