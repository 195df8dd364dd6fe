-- Any part of a name is found by its trigrams. The extension is one that a database's owner may add (trusted).
CREATE EXTENSION IF NOT EXISTS pg_trgm;
