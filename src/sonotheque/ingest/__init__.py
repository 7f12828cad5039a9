"""Ingest: walk, hash, decode, embed, store; stage by stage, resumable, one bad file never stops a run."""
