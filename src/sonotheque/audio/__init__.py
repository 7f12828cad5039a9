"""Sound itself: reading files, resampling, features, synthesis, pictures.

Knows nothing of models, stores or queries.
"""
