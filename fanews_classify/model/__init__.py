"""Trained classifiers: scores, probabilities, explanations, files. numpy only."""
