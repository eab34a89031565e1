"""Endpoint rules, walked once for all sessions.

botocore builds a tree of rule objects from a service's rule set for every client, over data that the session's loader
keeps. For S3 that is more than half of what a lean session costs. The rules are read and never written to, so from
the second client on they come from one tree, made from a copy of the data that no session has, and the session's own
data is dropped again.

A rule set that somebody changed, or of which somebody holds a part, is left alone; so is a botocore that is not its
own (``checks.CLIENT``).
"""

from __future__ import annotations

import copy
from typing import Any

from botocore.endpoint_provider import RuleSet
from botocore.model import ServiceModel

from boto3_client_cache import _core

from . import checks
from .models import SharedLoader

_SHARED_PARTS = {"rules", "parameters"}  # what a rule set derives from its own data, and nothing else


def share_rules_of(client: Any, loader: Any) -> None:
    """Let a client that was just created use the process's endpoint rules, if its session's loader shares models.

    Does nothing for what is no botocore client, nor for a client whose rules are of another version than its model.
    """
    if not checks.CLIENT.is_own():
        return
    service_model = getattr(vars(client).get("meta"), "service_model", None)  # not by getattr: a stand-in may have none
    if isinstance(loader, SharedLoader) and isinstance(service_model, ServiceModel):
        view = loader.held_rule_set(service_model.service_name, service_model.metadata.get("apiVersion", ""))
        if view is not None:
            _share_rules(client, view)


def _share_rules(client: Any, view: Any) -> None:
    """Give ``client`` the process's rules, if its own were made from ``view``, its session's unchanged rule set."""
    own = getattr(getattr(getattr(client, "_ruleset_resolver", None), "_provider", None), "ruleset", None)
    notes = _core.notes(view)
    if notes is None or not _was_made_from(own, view):
        return
    if not notes:  # the first client in the process: nobody to share with yet
        notes["seen"] = True
        return
    if not _core.is_unchanged(view):
        return
    shared = notes.get("rules")
    if shared is None:
        # From a plain copy: views would keep the model alive, which keeps these notes.
        shared = notes.setdefault("rules", RuleSet(**copy.deepcopy(view), partitions={}))
    for part in _SHARED_PARTS:
        setattr(own, part, getattr(shared, part))
    _core.forget(view)


def _was_made_from(rule_set: Any, view: Any) -> bool:
    """Whether the rules hold the view's very own conditions; so never for shared rules, nor for another version's."""
    return (
        type(rule_set) is RuleSet
        and vars(rule_set).keys() >= _SHARED_PARTS
        and [id(getattr(rule, "conditions", None)) for rule in rule_set.rules]
        == [id(data.get("conditions")) for data in view["rules"]]
    )
