"""Is aiobotocore as aiobotocore made it? What its lean sessions pass over must be its own: see ``lean.checks``."""

from __future__ import annotations

import aiobotocore.args
import aiobotocore.client
import aiobotocore.context
import aiobotocore.hooks
import aiobotocore.regions
import aiobotocore.session

from boto3_client_cache.lean import checks
from boto3_client_cache.lean.checks import Part

checks.know(
    aiobotocore.args,
    aiobotocore.client,
    aiobotocore.context,
    aiobotocore.hooks,
    aiobotocore.regions,
    aiobotocore.session,
    decorators=(("aiobotocore.context", "with_current_context"),),
)

# Making the session.
SESSION = Part(
    functions=(
        "aiobotocore.session.AioSession.__init__",
        "botocore.session.Session.__init__",
        "botocore.session.Session._register_components",
    ),
)
# The built-in event handlers, registered once.
EVENTS = Part(
    functions=(
        "botocore.session.Session._register_builtin_handlers",
        "botocore.session.Session._register_event_emitter",
    ),
    classes=("aiobotocore.hooks.AioHierarchicalEmitter",),
    aliases=(("aiobotocore.session.AioHierarchicalEmitter", "aiobotocore.hooks.AioHierarchicalEmitter"),),
    is_as_expected=checks.EVENTS.is_own,
)
# Creating clients by classes that derive from aiobotocore's.
CREATOR = Part(
    functions=("aiobotocore.session.AioSession._create_client",),
    classes=(
        "aiobotocore.client.AioClientCreator",
        "aiobotocore.args.AioClientArgsCreator",
        "aiobotocore.regions.AioEndpointRulesetResolver",
        "botocore.client.ClientCreator",
        "botocore.args.ClientArgsCreator",
    ),
    aliases=(
        ("aiobotocore.session.AioClientCreator", "aiobotocore.client.AioClientCreator"),
        ("aiobotocore.client.AioClientArgsCreator", "aiobotocore.args.AioClientArgsCreator"),
        ("aiobotocore.args.AioEndpointRulesetResolver", "aiobotocore.regions.AioEndpointRulesetResolver"),
    ),
)
