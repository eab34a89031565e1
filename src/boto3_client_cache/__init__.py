"""A concurrency-safe, bounded cache for boto3 clients and resources with deterministic identity."""
