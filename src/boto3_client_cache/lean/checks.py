"""Is botocore as botocore made it? What lean sessions pass over must be its own, or who replaced it is not heard.

Here is the one list of it. A function is botocore's own if its globals are its module's and its name is the expected
one: never by `__module__`, which `functools.wraps` copies. So a patch is seen too that came before this package.

Complexity: what was judged last is remembered, and only compared by identity: half a microsecond. Thread safety: any
thread may ask; two that see a change at once both judge, and what changes meanwhile the next call judges. Does not
look into what functions call.
"""

from __future__ import annotations

import inspect
import ssl
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass, field
from operator import is_
from types import FunctionType
from typing import TYPE_CHECKING, Any

import botocore.args
import botocore.client
import botocore.configprovider
import botocore.credentials
import botocore.docs.docstring
import botocore.endpoint
import botocore.endpoint_provider
import botocore.hooks
import botocore.httpsession
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.regions
import botocore.session
import botocore.utils
import urllib3.poolmanager

from boto3_client_cache import _core

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CONFIG",
    "CREATOR",
    "CREDENTIALS",
    "EVENTS",
    "LOADER",
    "METHODS",
    "PROXIES",
    "RULES",
    "SESSION",
    "SHAPES",
    "TRANSPORT",
    "TRUST",
    "Part",
    "base",
    "below_installed",
]

# Not by sys.modules, which somebody may have purged.
_MODULES: dict[str, dict[str, Any]] = {
    module.__name__: vars(module)
    for module in (
        botocore.args,
        botocore.client,
        botocore.configprovider,
        botocore.credentials,
        botocore.docs.docstring,
        botocore.endpoint,
        botocore.endpoint_provider,
        botocore.hooks,
        botocore.httpsession,
        botocore.loaders,
        botocore.model,
        botocore.parsers,
        botocore.regions,
        botocore.session,
        botocore.utils,
        urllib.request,
        ssl,
        urllib3.poolmanager,
    )
}
# How a method is decorated, by where the decorator is.
_DECORATORS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("botocore.utils", "instance_cache"): lambda decorator: decorator(_decorated),
    ("botocore.utils", "lru_cache_weakref"): lambda decorator: decorator()(_decorated),
}
try:
    from botocore import context as _context
except ImportError:  # older ones have none
    pass
else:
    _MODULES[_context.__name__] = vars(_context)
    _DECORATORS[_context.__name__, "with_current_context"] = lambda decorator: decorator()(_decorated)
_MODULES[botocore.__name__] = vars(botocore)  # the last: the others' names begin with its name


def know(*modules: Any, decorators: tuple[tuple[str, str], ...] = ()) -> None:
    """Let parts lean on further modules too, and see through decorators of theirs that are called to decorate."""
    _MODULES.update((module.__name__, vars(module)) for module in modules)
    _DECORATORS.update((where, lambda decorator: decorator()(_decorated)) for where in decorators)


def base(found: Any) -> Any:
    """Return the class to derive ours from: botocore's, unless what stands there now is none. Ours is not used then."""
    return found if isinstance(found, type) else object


@dataclass
class Part:
    """One thing that lean sessions do in botocore's stead, and what of botocore it leans on."""

    functions: tuple[str, ...] = ()
    """Functions and single methods, by their full names."""
    classes: tuple[str, ...] = ()
    """Classes, each with all its methods."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Where botocore looks for some of them, and their full names: both must be the same."""
    is_as_expected: Callable[[], bool] = lambda: True
    """What else must hold; it is asked when something has changed."""
    _at_import: list[Any] = field(default_factory=list)
    _places: tuple[tuple[dict[str, Any], str, str | bool | None], ...] = ()  # where to look
    _judged: tuple[tuple[Any, ...], bool] | None = None

    def __post_init__(self) -> None:
        """Remember the classes: ours derive from them."""
        self._at_import = [_found(name) for name in self.classes]
        for name in self.names:
            members, outer, method = _place(name)
            self._places += ((members, outer, True if name in self.classes else method or None),)

    @property
    def names(self) -> tuple[str, ...]:
        """All that it leans on."""
        return (*self.functions, *self.classes, *(alias for alias, _ in self.aliases))

    def is_own(self) -> bool:
        """Whether all of it is botocore's own at this moment."""
        judged = self._judged
        if judged is not None and _core.are_members_at(self._places, judged[0]):
            return judged[1]
        now = _core.members_at(self._places)
        verdict = self._judge()
        if _core.are_members_at(self._places, now):  # or it is not what was judged
            self._judged = (now, verdict)
        return verdict

    def _judge(self) -> bool:
        return (
            all(_is_own_function(_found(name), *_names(name)) for name in self.functions)
            and all(map(is_, self._at_import, map(_found, self.classes)))
            and all(_is_own_class(_found(name), *_names(name)) for name in self.classes)
            and all(_found(alias) is _found(name) for alias, name in self.aliases)
            and self.is_as_expected()
        )


def _names(name: str) -> tuple[str, str]:
    """Return the module's name and the name in it."""
    module = next(module for module in _MODULES if name.startswith(module + "."))
    return module, name[len(module) + 1 :]


def _place(name: str) -> tuple[dict[str, Any], str, str]:
    """Return the module's dict, the name in it and, of a method, the method's."""
    module, inner = _names(name)
    outer, _, method = inner.partition(".")
    return _MODULES[module], outer, method


def _found(name: str) -> Any:
    """Return what is there: a method as it lies in its class. None if there is nothing."""
    members, outer, method = _place(name)
    found = members.get(outer)
    if not method:
        return found
    return vars(found).get(method) if isinstance(found, type) else None


def below_installed(found: Any) -> Any:
    """Return a method as it was before ``install()`` put ours in its place; any other as it is."""
    return _core.original_of(found) if type(found) is _core.InstalledMethod else found


def _is_own_function(found: Any, module: str, name: str) -> bool:
    found = _decorated(below_installed(found))
    if type(found) is not FunctionType or found.__globals__ is not _MODULES[module]:
        return False
    if hasattr(found, "__wrapped__"):
        return False
    if found.__qualname__ == "instance_cache.<locals>._wrapper" and found.__closure__:  # a decorator of its loaders
        return any(_is_own_function(cell.cell_contents, module, name) for cell in found.__closure__)
    return found.__qualname__ == name


def _decorated(found: Any) -> Any:
    """Return what one of botocore's decorators decorates; anything else as it is."""
    if type(found) is not FunctionType or "__wrapped__" not in vars(found):
        return found
    for (module, name), decorate in _DECORATORS.items():
        if found.__globals__ is _MODULES[module]:
            decorator = _MODULES[module].get(name)
            if _is_own_function(decorator, module, name) and found.__code__ is decorate(decorator).__code__:
                return vars(found)["__wrapped__"]
    return found


def _is_own_class(found: Any, module: str, name: str) -> bool:
    if not isinstance(found, type) or (found.__module__, found.__qualname__) != (module, name):
        return False
    return all(_is_own_member(member, module, f"{name}.{key}") for key, member in vars(found).copy().items())


def _is_own_member(member: Any, module: str, name: str) -> bool:
    if isinstance(member, property):
        return _is_own_function(member.fget, module, name)
    if type(member) is botocore.utils.CachedProperty:
        return _is_own_function(member._fget, module, name)  # type: ignore[attr-defined]
    if isinstance(member, (classmethod, staticmethod)):
        return _is_own_function(member.__func__, module, name)
    if isinstance(member, type):
        is_of_members = member is OrderedDict  # in which a shape has them
        return is_of_members or _is_own_class(member, module, member.__qualname__)
    return not callable(member) or _is_own_function(member, module, name)


def _loader_is_as_expected() -> bool:
    """Whether there is what ``SharedLoader.load_service_model`` takes from its base class beside public names."""
    return hasattr(botocore.loaders.Loader, "_find_extras") and hasattr(botocore.loaders.Loader(), "_extras_processor")


def _emitter_is_as_expected() -> bool:
    """Whether botocore's emitter keeps its handlers in the trie that the persistent one extends."""
    hooks: Any = botocore.hooks
    trie = getattr(hooks.HierarchicalEmitter(), "_handlers", None)
    root = getattr(trie, "_root", None)
    return (
        type(trie) is hooks._PrefixTrie
        and vars(trie).keys() == {"_root"}
        and isinstance(root, dict)
        and root.keys() == {"chunk", "children", "values"}
        and getattr(hooks.NodeList, "_fields", None) == ("first", "middle", "last")
    )


def _config_is_as_expected() -> bool:
    """Whether botocore's tables of variables are where they are looked for."""
    names = ("BOTOCORE_DEFAUT_SESSION_VARIABLES", "DEFAULT_S3_CONFIG_VARS", "DEFAULT_PROXIES_CONFIG_VARS")
    return all(isinstance(getattr(botocore.configprovider, name, None), dict) for name in names)


def _fetchers_are_as_expected() -> bool:
    """Whether both fetchers are made as the credential providers' are here."""
    utils: Any = botocore.utils
    parameters = (
        inspect.signature(utils.IMDSFetcher.__init__).parameters,
        inspect.signature(botocore.credentials.ContainerProvider.__init__).parameters,
    )
    return (
        utils.InstanceMetadataFetcher.__init__ is utils.IMDSFetcher.__init__
        and "env" in parameters[0]
        and "fetcher" in parameters[1]
    )


def _transport_is_as_expected() -> bool:
    """Whether botocore's endpoint creator can be told what to send with."""
    create: Any = botocore.endpoint.EndpointCreator.create_endpoint
    return "http_session_cls" in inspect.signature(create).parameters


# Making the session. Where it is not botocore's own, boto3 makes it.
SESSION = Part(
    functions=(
        "botocore.session.get_session",
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
    classes=(
        "botocore.hooks.BaseEventHooks",
        "botocore.hooks.HierarchicalEmitter",
        "botocore.hooks.EventAliaser",
        "botocore.hooks._PrefixTrie",
        "botocore.hooks.NodeList",
    ),
    aliases=(
        ("botocore.session.HierarchicalEmitter", "botocore.hooks.HierarchicalEmitter"),
        ("botocore.session.EventAliaser", "botocore.hooks.EventAliaser"),
    ),
    is_as_expected=_emitter_is_as_expected,
)
# Service models from the store.
LOADER = Part(
    functions=(
        "botocore.loaders.create_loader",
        "botocore.loaders.instance_cache",
        "botocore.session.Session._register_data_loader",
    ),
    classes=("botocore.loaders.Loader", "botocore.loaders.JSONFileLoader", "botocore.loaders.ExtrasProcessor"),
    aliases=(("botocore.session.create_loader", "botocore.loaders.create_loader"),),
    is_as_expected=_loader_is_as_expected,
)
# Config variables, looked up without chains of providers.
CONFIG = Part(
    functions=(
        "botocore.session.Session._register_config_store",
        "botocore.session.Session.instance_variables",
        "botocore.session.Session.get_scoped_config",
        "botocore.session.Session._build_profile_map",
        "botocore.session.Session.get_config_variable",
        "botocore.configprovider.create_botocore_default_config_mapping",
        "botocore.configprovider._create_config_chain_mapping",
    ),
    classes=(
        "botocore.configprovider.ConfigValueStore",
        "botocore.configprovider.ConfigChainFactory",
        "botocore.configprovider.ChainProvider",
        "botocore.configprovider.InstanceVarProvider",
        "botocore.configprovider.EnvironmentProvider",
        "botocore.configprovider.ScopedConfigProvider",
        "botocore.configprovider.SectionConfigProvider",
        "botocore.configprovider.ConstantProvider",
    ),
    aliases=(
        ("botocore.session.ConfigValueStore", "botocore.configprovider.ConfigValueStore"),
        (
            "botocore.session.create_botocore_default_config_mapping",
            "botocore.configprovider.create_botocore_default_config_mapping",
        ),
    ),
    is_as_expected=_config_is_as_expected,
)
# Creating clients by classes that derive from botocore's.
CREATOR = Part(
    functions=("botocore.session.Session.create_client",),
    classes=("botocore.client.ClientCreator", "botocore.args.ClientArgsCreator"),
    aliases=(("botocore.client.ClientArgsCreator", "botocore.args.ClientArgsCreator"),),
)
# Credential providers whose HTTP sessions wait.
CREDENTIALS = Part(
    functions=(
        "botocore.session.Session._create_credential_resolver",
        "botocore.credentials.create_credential_resolver",
        "botocore.utils.IMDSFetcher.__init__",
        "botocore.utils.ContainerMetadataFetcher.__init__",
    ),
    classes=("botocore.httpsession.URLLib3Session",),
    aliases=(
        ("botocore.credentials.ContainerMetadataFetcher", "botocore.utils.ContainerMetadataFetcher"),
        ("botocore.credentials.InstanceMetadataFetcher", "botocore.utils.InstanceMetadataFetcher"),
    ),
    is_as_expected=_fetchers_are_as_expected,
)
# No proxies, seen by the names of variables alone.
PROXIES = Part(
    functions=("botocore.utils.get_environ_proxies", "botocore.utils.should_bypass_proxies"),
    aliases=(
        ("botocore.endpoint.get_environ_proxies", "botocore.utils.get_environ_proxies"),
        ("botocore.utils.getproxies", "urllib.request.getproxies_environment"),
        ("botocore.utils.proxy_bypass", "urllib.request.proxy_bypass_environment"),
    ),
)
# What a client sends with.
TRANSPORT = Part(
    classes=("botocore.endpoint.EndpointCreator", "botocore.httpsession.URLLib3Session"),
    aliases=(
        ("botocore.args.EndpointCreator", "botocore.endpoint.EndpointCreator"),
        ("botocore.endpoint.URLLib3Session", "botocore.httpsession.URLLib3Session"),
        ("botocore.httpsession.PoolManager", "urllib3.poolmanager.PoolManager"),
    ),
    is_as_expected=_transport_is_as_expected,
)
# The TLS contexts that it connects with.
TRUST = Part(
    functions=("botocore.httpsession.create_urllib3_context",),
    classes=("ssl.SSLContext", "ssl.SSLSocket"),
    aliases=(("botocore.httpsession.SSLContext", "ssl.SSLContext"),),
)
# What the classes of clients are made of.
METHODS = Part(
    functions=("botocore.xform_name",),
    classes=(
        "botocore.docs.docstring.ClientMethodDocstring",
        "botocore.model.ServiceModel",
        "botocore.model.OperationModel",
    ),
    aliases=(
        ("botocore.client.xform_name", "botocore.xform_name"),
        ("botocore.client.ClientMethodDocstring", "botocore.docs.docstring.ClientMethodDocstring"),
        ("botocore.client.ServiceModel", "botocore.model.ServiceModel"),
    ),
)
# Shapes that follow those of a model that no session has.
SHAPES = Part(
    classes=(
        "botocore.model.Shape",
        "botocore.model.StringShape",
        "botocore.model.ListShape",
        "botocore.model.MapShape",
        "botocore.model.StructureShape",
        "botocore.model.ShapeResolver",
        "botocore.model.ServiceModel",
        "botocore.model.OperationModel",
        "botocore.parsers.ResponseParserFactory",
        "botocore.utils.CachedProperty",
    ),
    aliases=(
        ("botocore.model.CachedProperty", "botocore.utils.CachedProperty"),
        ("botocore.session.ResponseParserFactory", "botocore.parsers.ResponseParserFactory"),
    ),
)
# Endpoint rules, made once.
RULES = Part(
    classes=(
        "botocore.regions.EndpointRulesetResolver",
        "botocore.endpoint_provider.EndpointProvider",
        "botocore.endpoint_provider.RuleSet",
        "botocore.endpoint_provider.RuleCreator",
        "botocore.endpoint_provider.BaseRule",
        "botocore.endpoint_provider.EndpointRule",
        "botocore.endpoint_provider.ErrorRule",
        "botocore.endpoint_provider.TreeRule",
        "botocore.endpoint_provider.ParameterDefinition",
    ),
    aliases=(
        ("botocore.args.EndpointRulesetResolver", "botocore.regions.EndpointRulesetResolver"),
        ("botocore.regions.EndpointProvider", "botocore.endpoint_provider.EndpointProvider"),
    ),
)
