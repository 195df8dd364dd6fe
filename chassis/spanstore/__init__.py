"""The span store: takes spans by OTLP over HTTP, keeps them some days in PostgreSQL, finds the traces of a case."""
