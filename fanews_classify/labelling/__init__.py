"""The labelling loop: what to label next, answers read back, labels that may be wrong."""
