"""Training of the built-in models, from manifests of labelled sound.

Needs the extra `train`; nothing but the command line imports it.
"""
