"""One module a revision, each frozen once released: what it made then does not follow what `schema` says now."""
