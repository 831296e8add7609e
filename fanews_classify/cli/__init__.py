"""The ``fanews`` command."""
