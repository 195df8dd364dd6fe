"""What Kepil promises to others, as documents: OpenAPI of all services in one, AsyncAPI of every event, and what may change in them."""
