"""Measures how well a model finds, names and judges, on anyone's labelled sound.

Beside the tower: it asks the facade and the models, and only the command line calls it.
"""
