"""Training of the built-in models, from manifests of labelled sound. Needs the extra `train`; the rest never imports it."""
