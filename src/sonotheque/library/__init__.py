"""The one facade: open a library, index, search, annotate."""
