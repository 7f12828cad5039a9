"""Training clips that are made: instruments, synthetic voices, procedures, and mixtures of any clips.

`corpus` gathers them with features, one module each makes them. Nothing here knows how they are trained on.
"""
