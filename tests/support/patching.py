"""boto3 as it is unpatched, for tests that patch it."""

import inspect

import boto3
import boto3.session

PLAIN_SESSION = boto3.session.Session


def state_of_boto3():
    """All that a patch might change."""
    names = (boto3.client, boto3.resource, boto3.Session, boto3.session.Session)
    attributes = dict(vars(PLAIN_SESSION))
    attributes.pop("__slotnames__", None)  # which copying an instance leaves
    return (*names, attributes)


PLAIN = state_of_boto3()
PLAIN_SIGNATURES = {
    "__init__": inspect.signature(PLAIN_SESSION),
    **{name: inspect.signature(getattr(PLAIN_SESSION, name)) for name in ("client", "resource")},
}
BY_LIBRARIES = (boto3.client, boto3.resource, boto3.Session, PLAIN_SESSION)  # what somebody imported for himself
