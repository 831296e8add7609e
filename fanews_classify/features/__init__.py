"""Terms, counts and TF-IDF values; the scikit-learn transformer over them."""
