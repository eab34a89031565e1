"""Signatures of what stands for something of boto3's: boto3's own, with our options as keywords behind it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What takes them: a session's methods and the module's functions, and a session.
METHOD_OPTIONS = {"eviction_policy": None, "max_size": None}
SESSION_OPTIONS = {
    "share_models": None,
    "share_trust": None,
    "share_connections": None,
    "client_cache": None,
    "resource_cache": None,
    "watch_credentials": False,
}


def of_method(original: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of boto3's ``client`` or ``resource`` with the options of ours."""
    return _with_options(original, METHOD_OPTIONS)


def of_init(original: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of boto3's ``Session.__init__`` with the options of ours."""
    return _with_options(original, SESSION_OPTIONS)


def of_original(original: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a method of botocore's."""
    return _with_options(original, {})


def _with_options(original: Callable[..., Any], options: dict[str, Any]) -> inspect.Signature:
    try:
        signature = inspect.signature(original)
    except (TypeError, ValueError) as error:  # it has none, which inspect says in its own way
        raise AttributeError("__signature__") from error
    ours = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in options.items()
        if name not in signature.parameters
    ]
    theirs = list(signature.parameters.values())
    rest: Iterable[inspect.Parameter] = ()
    if theirs and theirs[-1].kind is inspect.Parameter.VAR_KEYWORD:
        rest = (theirs.pop(),)
    return signature.replace(parameters=[*theirs, *ours, *rest])


def text_of(signature: inspect.Signature) -> str:
    """Return the signature of a method as a ``__text_signature__`` has it: without annotations, with ``$self``."""
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    if parameters and parameters[0].name == "self":
        del parameters[0]
    text = str(inspect.Signature(parameters))
    return "($self)" if text == "()" else f"($self, {text[1:]}"
