"""The console: server-rendered pages over the services' REST. Reads and writes nothing by itself; the services decide who may what."""
