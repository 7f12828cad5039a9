"""The store: the catalogue of what the library knows, and the vectors that searches compare.

Import from the modules: `store.catalogue` (Catalogue), `store.filters` (Filter), `store.vectors` (VectorStore),
`store.embedded` (the vectors of a library folder), `store.memory` (the obvious store that the others are checked
against), `store.lock` (writer_lock), `store.rows` (what all of these hand out). This file imports none of them, so that
asking for one does not load a database driver for another.
"""
