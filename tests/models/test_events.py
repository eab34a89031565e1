"""Built-in event handlers, registered once: the same handlers, in the same order, for each session apart."""

from __future__ import annotations

import copy
import random
from typing import Any

import boto3
import botocore
import botocore.session
import pytest
from botocore import handlers
from botocore.hooks import HierarchicalEmitter

from boto3_client_cache.lean import checks, docstrings, events
from boto3_client_cache.lean.session import Choices, botocore_session

from .conftest import SharingSession

EVENTS = sorted({specification[0].replace("*", "anything") for specification in handlers.BUILTIN_HANDLERS})
MANY_EVENTS = [
    *EVENTS,
    *(f"{event}.more" for event in EVENTS),
    "",
    ".",
    "no-such-event",
    "*",
    "creating-client-class.s3",
]


def called(emitter: Any, event: str) -> list[Any]:
    """The handlers that an event would call, in order."""
    return list(emitter._handlers.prefix_search(event))


def test_this_botocore_is_one_that_handlers_can_be_shared_with() -> None:
    """If it fails, sessions still work, with botocore's own emitter; find out what has changed."""
    assert checks.EVENTS.is_own()


def test_every_event_calls_what_a_plain_session_calls() -> None:
    plain = botocore.session.get_session()._original_handler
    ours = events.builtin_events()
    for event in MANY_EVENTS:
        assert called(ours, event) == called(plain, event), event


def test_a_handler_added_to_the_built_in_ones_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    def added(**_: Any) -> None: ...

    events.builtin_events()
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", [*handlers.BUILTIN_HANDLERS, ("before-send", added)])
    assert added in called(events.builtin_events(), "before-send.s3.GetObject")
    monkeypatch.undo()
    assert added not in called(events.builtin_events(), "before-send.s3.GetObject")


def test_handlers_of_one_session_or_client_are_not_anothers() -> None:
    one, other = SharingSession(), SharingSession()
    client, sibling = one.client("sqs"), one.client("sqs")
    events: list[str] = []

    def note(event_name: str, **_: Any) -> None:
        events.append(event_name)

    client.meta.events.register("before-send.sqs", note)
    one.events.register("creating-client-class.sqs", note)
    for emitter in (sibling.meta.events, one.events, other.events, SharingSession().events):
        emitter.emit("before-send.sqs.ListQueues", request=None)
    other.client("sqs")
    assert events == []
    client.meta.events.emit("before-send.sqs.ListQueues", request=None)
    one.client("sqs")
    assert events == ["before-send.sqs.ListQueues", "creating-client-class.sqs"]


def random_steps(seed: int, count: int) -> list[tuple[Any, ...]]:
    source = random.Random(seed)
    parts = ["a", "b", "c", "*"]
    return [
        (
            source.choice(["register", "register", "register_first", "register_last", "unregister", "copy"]),
            source.randrange(8),
            ".".join(source.choices(parts, k=source.randint(1, 4))),
            source.randrange(5),
            source.choice([None, None, "id1", "id2"]),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(30))
def test_copies_that_share_nodes_do_what_deep_copies_do(seed: int) -> None:
    """Emitters side by side, taken through the same steps: registrations, removals, and copies of each other."""

    def handler(number: int) -> Any:
        return lambda **_: number

    functions = [handler(number) for number in range(5)]
    emitters: list[list[Any]] = [[events._SharingEmitter()], [HierarchicalEmitter()]]
    for step, which, event, function, unique in random_steps(seed, 300):
        for family in emitters:
            emitter = family[which % len(family)]
            if step == "copy":
                if len(family) < 8:
                    family.append(copy.copy(emitter))
                continue
            outcome = None
            try:
                getattr(emitter, step)(event, functions[function], unique_id=unique)
            except AttributeError as error:  # botocore's own, for removing from a node without values
                outcome = error
            del outcome
        for ours, plain in zip(*emitters, strict=True):
            for name in ("a.b.c", "b.a", "c.c.c.c", event.replace("*", "a")):
                assert list(ours._handlers.prefix_search(name)) == list(plain._handlers.prefix_search(name))


@pytest.mark.skipif(not checks.EVENTS.is_own(), reason="handlers cannot be shared with this botocore")
@pytest.mark.parametrize("step", range(1, 5))
def test_registrations_after_a_copy_made_during_one_are_not_the_copys(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trie = events._PersistentTrie()
    trie.append_item("a.b.c", "first")
    copy.copy(trie)  # from here on no node is the trie's own
    nodes: list[Any] = []
    copies: list[Any] = []
    own = events._PersistentTrie._own

    def own_and_be_copied(self: Any, *arguments: Any) -> Any:
        nodes.append(own(self, *arguments))
        if len(nodes) == step:
            copies.append(copy.copy(trie))  # as another thread may do at any time
        return nodes[-1]

    with monkeypatch.context() as patch:
        patch.setattr(events._PersistentTrie, "_own", own_and_be_copied)
        trie.append_item("a.b.c", "meanwhile")
    trie.append_item("a.b.c", "later")
    assert list(trie.prefix_search("a.b.c")) == ["first", "meanwhile", "later"]
    assert len(nodes) == 4
    assert "later" not in copies[0].prefix_search("a.b.c")


def test_initializers_run_for_each_session() -> None:
    seen: list[Any] = []
    botocore.register_initializer(seen.append)
    try:
        sessions = [SharingSession()._session, SharingSession()._session]
    finally:
        botocore.unregister_initializer(seen.append)
    assert seen == sessions


def test_method_docstrings_are_the_lean_ones() -> None:
    """If it fails, help texts still work, with botocore's own docstrings; find out what has changed."""
    assert type(SharingSession().client("sqs").list_queues.__doc__) is docstrings.SharedDocstring


def test_docstrings_that_are_not_as_expected_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    class Changed(docstrings.ClientMethodDocstring):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._gen_kwargs["new"] = 1

    monkeypatch.setattr(docstrings, "ClientMethodDocstring", Changed)
    monkeypatch.setattr("botocore.client.ClientMethodDocstring", Changed)
    assert type(SharingSession().client("sqs").list_queues.__doc__) is Changed


def test_a_users_own_docstring_of_one_method_stays() -> None:
    def describe(class_attributes: dict[str, Any], **_: Any) -> None:
        method = class_attributes["send_message"]
        arguments = {**method.__doc__._gen_kwargs, "method_description": "Told by the user."}
        method.__doc__ = docstrings.ClientMethodDocstring(**arguments)

    session = SharingSession()
    session.events.register("creating-client-class.sqs", describe)
    client = session.client("sqs")
    assert "Told by the user." in str(client.send_message.__doc__)
    assert type(client.list_queues.__doc__) is docstrings.SharedDocstring
    assert "Told by the user." not in str(SharingSession().client("sqs").send_message.__doc__)


def test_a_session_without_sharing_has_botocores_own_emitter() -> None:
    assert type(SharingSession(share_models=False)._session._original_handler) is HierarchicalEmitter
    assert botocore_session(Choices(models=False)) is None
    assert type(boto3.Session()._session._original_handler) is HierarchicalEmitter


def test_names_of_many_events_are_not_kept_for_good_and_leave_later_clients_fast() -> None:
    session: Any = botocore_session()
    emitter = session.get_component("event_emitter")
    for number in range(6000):
        emitter.emit(f"elb.{number}")
    tables = [vars(copy.copy(emitter))["_alias_name_cache"] for _ in range(2)]
    assert tables[0] is tables[1]
    assert len(tables[0]) < 4096
