"""The microservice chassis: event store, relay, subscriptions, auth, telemetry, problems, settings. Imports nothing of ours."""
