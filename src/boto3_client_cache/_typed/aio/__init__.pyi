"""The same of types-aiobotocore."""
