"""Records of files: one reader for the command line and for training."""
