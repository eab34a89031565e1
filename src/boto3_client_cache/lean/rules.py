"""Endpoint rules, made once for each rule set.

What is shared: the rules and parameters that botocore makes of a service's rule set. For S3 they are more than half of
what a lean client costs. They are read and never written to, so all clients use those that are kept beside the rule
set in the store, and no session reads its own. A client's resolver, its list of rules, its parameters by name and its
cache of endpoints are its own.

When it is not: a session has changed its rule set; the rules' classes are not botocore's own (``checks.RULES``).

What happens then: botocore makes the client's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.endpoint_provider import RuleSet

from boto3_client_cache import _core

from . import checks

if TYPE_CHECKING:
    from collections.abc import Callable


def resolver_of_shared_rules(build: Callable[[Any], Any], view: Any) -> Any:
    """Return what ``build`` makes of the rule set that ``view`` shows, of rules that are there already if they can be.

    ``build`` is given the data of a rule set, as botocore's ``_build_endpoint_resolver`` is.
    """
    rules = _rules_of(view)
    if rules is None:
        return build(view)
    empty = {"version": rules.version, "documentation": rules.documentation, "parameters": {}, "rules": []}
    resolver = build(empty)
    own = resolver._provider.ruleset
    own.rules = rules.rules.copy()
    own.parameters = resolver._param_definitions = rules.parameters.copy()
    return resolver


def share_rules(view: Any) -> None:
    """Make the rules of a rule set ahead."""
    _rules_of(view)


def _rules_of(view: Any) -> Any:
    """Return the process's rules; None if a client is to have its own."""
    if not checks.RULES.is_own():
        return None
    document = _core.document(view)
    if document is None or not _core.is_unchanged(view):
        return None
    kept: Any = _core.notes(view)
    rules = kept.get("rules")
    if rules is None:
        # Of plain data: a view would keep its model alive, which keeps these rules.
        rules = kept.setdefault("rules", RuleSet(**_core.plain(document), partitions={}))
    return rules
