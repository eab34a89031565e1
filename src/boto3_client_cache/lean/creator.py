"""How a lean session creates clients: by botocore's own functions, over classes that derive from botocore's.

botocore's ``Session.create_client`` makes a ``ClientCreator``, that makes a ``ClientArgsCreator``, and that makes an
``EndpointCreator``. Each runs here as it is, but that it finds a class of ours, derived from botocore's, under the next
one's name. What stands under these names is looked at for each client (``checks.CREATOR``, ``checks.TRANSPORT``); where
it is not botocore's own, it is used itself.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import botocore.args
import botocore.client
import botocore.endpoint
import botocore.session

from . import checks
from .borrowed import module_with, with_names
from .client_classes import Parts, methods_for, parts_of, tell_discovery
from .docstrings import make_docstrings_lean
from .events import documentation_handlers
from .http_session import HTTPSession
from .proxies import environ_proxies
from .rules import resolver_of_shared_rules
from .shapes import parser_factory


class Sharing(NamedTuple):
    """What the clients of a session share beyond models."""

    trust: bool = False
    """Whether they use the process's TLS contexts."""
    connections: object = None
    """Clients whose sessions have the same object here share connections; None for connections of their own."""


class LeanEndpointCreator(checks.base(botocore.endpoint.EndpointCreator)):  # type: ignore[misc]
    """Has a client send with an HTTP session of ours."""

    def __init__(self, sharing: Sharing, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments after what is shared."""
        super().__init__(*args, **kwargs)
        self._sharing = sharing

    def create_endpoint(self, *args: Any, **kwargs: Any) -> Any:
        """Create what botocore's method of this name creates."""
        kwargs.setdefault("http_session_cls", partial(HTTPSession, self._sharing))
        kwargs["response_parser_factory"] = parser_factory(kwargs.get("response_parser_factory"))
        return super().create_endpoint(*args, **kwargs)

    def _get_proxies(self, url: str) -> Any:
        return environ_proxies(url)


class LeanClientArgsCreator(checks.base(botocore.args.ClientArgsCreator)):  # type: ignore[misc]
    """Makes a client's arguments, as botocore's class does."""

    def __init__(self, sharing: Sharing, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments after what is shared."""
        super().__init__(*args, **kwargs)
        self._sharing = sharing

    def get_client_args(self, *args: Any, **kwargs: Any) -> Any:
        """Return what botocore's method of this name returns."""
        if not checks.TRANSPORT.is_own():
            return super().get_client_args(*args, **kwargs)
        original: Any = botocore.args.ClientArgsCreator.get_client_args
        return with_names(original, EndpointCreator=partial(LeanEndpointCreator, self._sharing))(self, *args, **kwargs)

    def _build_endpoint_resolver(self, endpoints_ruleset_data: Any, *args: Any, **kwargs: Any) -> Any:
        build = super()._build_endpoint_resolver
        return resolver_of_shared_rules(lambda data: build(data, *args, **kwargs), endpoints_ruleset_data)


class SharedMethods:
    """Goes before a class that creates clients, which get the methods that a service's clients share."""

    _loader: Any
    _event_emitter: Any
    _service_model: Any = None
    _parts: Parts | None = None

    def _documented_by(self) -> tuple[Any, ...] | None:
        return documentation_handlers(self._event_emitter)

    def _make_parts(self, service_model: Any) -> None:
        parts_of(service_model, self._loader, super())

    def _create_methods(self, service_model: Any) -> Any:
        base: Any = super()
        self._service_model = service_model
        parts = self._parts = parts_of(service_model, self._loader, base)
        methods = None
        if parts is not None:
            methods = methods_for(parts, self._event_emitter, service_model, self._documented_by())
            parts.let_follow(service_model, self._loader)
        if methods is None:
            methods = base._create_methods(service_model)
            if checks.METHODS.is_own():
                make_docstrings_lean(methods)
        return methods

    def _create_name_mapping(self, service_model: Any) -> Any:  # right after the methods
        base: Any = super()
        return base._create_name_mapping(service_model) if self._parts is None else self._parts.names.copy()

    def _register_endpoint_discovery(self, client: Any, *args: Any, **kwargs: Any) -> None:
        if self._parts is not None and client.meta.service_model is self._service_model:
            tell_discovery(self._service_model, self._loader, self._parts)
        base: Any = super()
        base._register_endpoint_discovery(client, *args, **kwargs)


class LeanClientCreator(SharedMethods, checks.base(botocore.client.ClientCreator)):  # type: ignore[misc]
    """Creates one client, as botocore's class does."""

    def __init__(self, sharing: Sharing, *args: Any, **kwargs: Any) -> None:
        """Take botocore's arguments after what is shared."""
        super().__init__(*args, **kwargs)
        self._sharing = sharing

    def _get_client_args(self, *args: Any, **kwargs: Any) -> Any:
        original: Any = vars(botocore.client.ClientCreator)["_get_client_args"]
        creator = partial(LeanClientArgsCreator, self._sharing)
        return with_names(original, ClientArgsCreator=creator)(self, *args, **kwargs)


def create_client(session: Any, sharing: Sharing, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Create a client by botocore's ``Session.create_client``, which must be its own, over the classes above."""
    original: Any = checks.below_installed(vars(botocore.session.Session)["create_client"])
    client = module_with(botocore.client, ClientCreator=partial(LeanClientCreator, sharing))
    return with_names(original, botocore=module_with(botocore, client=client))(session, *args, **kwargs)
