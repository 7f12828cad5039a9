"""The project's domain values: frozen, and checked when they are made."""
