"""``Session``: a boto3 session whose ``client`` and ``resource`` return what they made before."""

import copy
import functools
import gc
import inspect
import weakref
from unittest import mock

import boto3
import pytest
from boto3.exceptions import ResourceNotExistsError
from botocore.config import Config
from support.ids import name_of
from support.kinds import CLIENT, names, unchanged

from boto3_client_cache import (
    CacheError,
    LFUClientCache,
    LFUResourceCache,
    LRUClientCache,
    LRUResourceCache,
    Session,
    SessionCache,
    SessionClientCache,
    SessionResourceCache,
)

OPTIONS = {"retries": {"max_attempts": 3}, "s3": {"addressing_style": "path"}, "user_agent_extra": "me"}


class TestArguments:
    """It takes what ``boto3.Session`` takes."""

    def test_by_keyword(self):
        session = Session(
            aws_access_key_id="id",
            aws_secret_access_key="secret",
            aws_session_token="token",
            region_name="eu-west-1",
            profile_name="default",
        )
        assert session.region_name == "eu-west-1"
        assert session.profile_name == "default"
        assert session.get_credentials().get_frozen_credentials()[:3] == ("id", "secret", "token")  # later a fourth

    def test_by_position(self):
        session = Session("id", "secret", None, "eu-west-1")
        assert session.region_name == "eu-west-1"
        assert session.get_credentials().access_key == "id"

    def test_a_botocore_session(self):
        inner = boto3.Session()._session
        assert Session(botocore_session=inner)._session is inner

    def test_none_at_all(self):
        assert Session().region_name == "us-east-1"

    @pytest.mark.parametrize("wrong", [{"region": "x"}, {"max_size": 3}, {"profile_name": "nobody"}])
    def test_wrong_ones_are_judged_by_boto3(self, wrong):
        with pytest.raises(Exception) as theirs:  # noqa: PT011
            boto3.Session(**wrong)
        with pytest.raises(type(theirs.value)):
            Session(**wrong)

    def test_no_secret_shows(self):
        session = Session(aws_access_key_id="id", aws_secret_access_key="hunter2")
        assert "hunter2" not in f"{session!r} {session.cache!r} {session.cache.client!r}"


class TestCaches:
    """``session.cache``: one cache for each kind and policy."""

    def test_they_have_their_classes(self, session):
        assert isinstance(session.cache, SessionCache)
        assert isinstance(session.cache.client, SessionClientCache)
        assert isinstance(session.cache.resource, SessionResourceCache)
        assert type(session.cache.client.LRU) is LRUClientCache
        assert type(session.cache.client.LFU) is LFUClientCache
        assert type(session.cache.resource.LRU) is LRUResourceCache
        assert type(session.cache.resource.LFU) is LFUResourceCache

    def test_they_are_reached_by_item_and_by_attribute(self, session, flavour):
        by_item = session.cache[flavour.kind.name][flavour.policy]
        assert getattr(getattr(session.cache, flavour.kind.name), flavour.policy) is by_item
        assert session.cache[flavour.kind.name][flavour.policy] is by_item

    def test_they_start_empty_with_room_for_ten(self, session, flavour):
        cache = session.cache[flavour.kind.name][flavour.policy]
        assert (len(cache), cache.max_size) == (0, 10)

    def test_there_is_no_other(self, session, kind):
        with pytest.raises(CacheError, match="bucket"):
            session.cache["bucket"]
        with pytest.raises(kind.error, match="FIFO"):
            kind.caches(session)["FIFO"]
        assert not hasattr(session.cache, "bucket")
        assert not hasattr(kind.caches(session), "FIFO")

    def test_they_are_not_shared_between_sessions(self, flavour):
        one, other = (Session().cache[flavour.kind.name][flavour.policy] for _ in range(2))
        assert one is not other

    def test_what_one_session_made_another_does_not_return(self, kind):
        one, other = (Session(region_name="us-east-1") for _ in range(2))
        assert kind.get(one, "sqs") is not kind.get(other, "sqs")


class TestHits:
    """The same call returns the same object."""

    def test_real_objects(self, session, kind):
        made = kind.get(session, "sqs")
        assert isinstance(made, kind.base)
        assert kind.get(session, "sqs") is made
        assert kind.get(session, "sqs", region_name="us-west-2") is not made
        assert any(value is made for value in kind.caches(session).LRU.values())

    def test_every_spelling_of_the_call_is_a_hit(self, session, kind, builder):
        made = kind.get(session, "sqs", region_name="us-west-2")
        for args, kwargs in (
            (("sqs", "us-west-2"), {}),
            ((), {"service_name": "sqs", "region_name": "us-west-2"}),
            (("sqs",), {"region_name": "us-west-2", "use_ssl": True, "verify": None}),
            (("sqs", "us-west-2", None, True, None), {"config": Config()}),
            (("sqs",), {"".join(["region", "_name"]): "us-west-2"}),
            (("sqs", "us-west-2"), {"eviction_policy": None, "max_size": None}),
            (("sqs", "us-west-2"), {"eviction_policy": "LRU"}),
        ):
            assert kind.get(session, *args, **kwargs) is made
        assert functools.partial(getattr(session, kind.name), "sqs")(region_name="us-west-2") is made
        assert getattr(Session, kind.name)(session, "sqs", "us-west-2") is made
        assert builder.count == 1

    def test_the_cache_finds_it_under_the_key_of_the_call(self, session, kind, builder):
        made = kind.get(session, "sqs", "us-west-2", verify=False)
        cache = kind.caches(session).LRU
        assert cache[kind.key("sqs", region_name="us-west-2", verify=False)] is made
        assert cache.keys()[0].label == "'sqs', 'us-west-2', verify=False"

    def test_what_the_user_put_into_the_cache_is_returned(self, session, kind, builder):
        mine = kind.stub()
        kind.caches(session).LRU[kind.key("sqs", "us-west-2")] = mine
        assert kind.get(session, service_name="sqs", region_name="us-west-2") is mine
        assert builder.count == 0

    def test_what_the_user_removed_is_made_again(self, session, kind, builder):
        made = kind.get(session, "sqs")
        kind.caches(session).LRU.clear()
        assert kind.get(session, "sqs") is not made
        assert builder.count == 2

    def test_what_boto3_read_while_it_built_is_read_again_only_once_the_cache_is_cleared(
        self, session, kind, monkeypatch
    ):
        def endpoint():
            made = kind.get(session, "sqs")
            return (made if kind is CLIENT else made.meta.client).meta.endpoint_url

        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
        assert endpoint() == "http://localhost:1"
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:2")
        assert endpoint() == "http://localhost:1"
        kind.caches(session).LRU.clear()
        assert endpoint() == "http://localhost:2"

    def test_clients_and_resources_are_kept_apart(self, session):
        client, resource = session.client("sqs"), session.resource("sqs")
        assert session.client("sqs") is client
        assert session.resource("sqs") is resource
        assert (len(session.cache.client.LRU), len(session.cache.resource.LRU)) == (1, 1)

    def test_a_client_sends_the_credentials_of_its_call(self, session):
        one, other = (session.client("sqs", aws_access_key_id=name, aws_secret_access_key="s") for name in "ab")
        assert one is not other
        assert one._request_signer._credentials.access_key == "a"
        assert session.client("sqs", aws_access_key_id="a", aws_secret_access_key="s") is one


class TestBuilding:
    """A miss is built by boto3's own method, looked up at the call."""

    def test_boto3_gets_the_call_as_it_was_written(self, session, kind, builder):
        kind.get(session, "sqs", "us-west-2", None, use_ssl=True, zone=[1], eviction_policy="LFU", max_size=3)
        assert builder.calls == [(session, ("sqs", "us-west-2", None), {"use_ssl": True, "zone": [1]})]

    def test_a_later_patch_of_boto3_is_honoured(self, session, kind):
        made = kind.get(session, "sqs")
        with mock.patch.object(boto3.Session, kind.name, return_value=mock.Mock(spec=kind.base)) as patched:
            assert kind.get(session, "s3") is patched.return_value
            assert kind.get(session, "s3") is patched.return_value
        assert patched.call_count == 1
        assert kind.get(session, "s3") is not patched.return_value
        assert kind.get(session, "sqs") is made

    def test_what_an_earlier_method_built_is_not_handed_out_while_boto3_is_patched(self, session, kind):
        kind.get(session, "sqs")
        with mock.patch.object(boto3.Session, kind.name, return_value=mock.Mock(spec=kind.base)) as patched:
            assert kind.get(session, "sqs") is patched.return_value

    def test_our_own_method_can_be_patched(self, session, kind):
        with mock.patch.object(Session, kind.name, return_value="fake") as patched:
            assert kind.get(session, "sqs") == "fake"
        patched.assert_called_once_with("sqs")
        assert isinstance(kind.get(session, "sqs"), kind.base)

    @pytest.mark.parametrize("stand_in", [mock.Mock(), "text", None, object()], ids=name_of)
    def test_what_is_no_object_of_the_kind_is_handed_over_uncached(self, session, kind, builder, stand_in):
        builder.make = lambda: stand_in
        for _ in range(2):
            assert kind.get(session, "sqs") is stand_in
        assert builder.count == 2
        assert len(kind.caches(session).LRU) == 0

    def test_an_error_of_boto3_reaches_the_caller_and_nothing_is_cached(self, session, kind, builder):
        error = ZeroDivisionError("own")

        def fail():
            raise error

        builder.make = fail
        for _ in range(2):
            with pytest.raises(ZeroDivisionError) as caught:
                kind.get(session, "sqs")
            assert caught.value is error
        assert len(kind.caches(session).LRU) == 0
        builder.make = kind.stub
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_a_build_may_ask_the_same_session_for_another_object(self, session, kind, builder):
        def nested():
            builder.make = kind.stub
            inner.append(kind.get(session, "sts"))
            return kind.stub()

        inner = []
        builder.make = nested
        outer = kind.get(session, "sqs")
        assert kind.get(session, "sts") is inner[0]
        assert kind.get(session, "sqs") is outer
        assert names(kind.caches(session).LRU) == "stssqs"

    def test_a_build_that_asks_for_itself_is_an_error_and_not_a_hang(self, session, kind, builder):
        builder.make = lambda: kind.get(session, "sqs")
        with pytest.raises(kind.error, match="'sqs'"):
            kind.get(session, "sqs")
        builder.make = kind.stub
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_a_build_may_store_the_object_itself(self, session, kind, builder):
        def store():
            kind.caches(session).LRU[kind.key("sqs")] = stored
            return kind.stub()

        stored = kind.stub()
        builder.make = store
        assert kind.get(session, "sqs") is stored
        assert kind.get(session, "sqs") is stored

    def test_a_build_may_clear_and_shrink_the_cache(self, session, kind, builder):
        def meddle():
            kind.caches(session).LRU.clear()
            kind.caches(session).LRU.max_size = 1
            return kind.stub()

        builder.make = meddle
        for name in ("sqs", "sns", "s3"):
            assert kind.get(session, name) is kind.get(session, name)
        assert len(kind.caches(session).LRU) == 1


class TestConfig:
    """A ``Config`` is read at every call, and the caller's own is never touched."""

    def state(self, config):
        return {name: copy.deepcopy(value) for name, value in vars(config).items()}

    @pytest.mark.parametrize("by", ["keyword", "position"])
    def test_one_config_hits_against_itself_and_is_not_changed(self, session, kind, by):
        config = Config(**OPTIONS)
        before = self.state(config)
        args, kwargs = (("sqs",), {"config": config})
        if by == "position":
            args, kwargs = kind.positionally(service_name="sqs", config=config), {}
        made = kind.get(session, *args, **kwargs)
        assert kind.get(session, *args, **kwargs) is made
        assert kind.get(session, "sqs", config=Config(**OPTIONS)) is made
        assert self.state(config) == before

    def test_boto3_gets_a_copy(self, session, kind, builder):
        config = Config(**OPTIONS)
        before = self.state(config)
        kind.get(session, "sqs", config=config)
        kind.get(session, *kind.positionally(service_name="sns", config=config))
        for given in (builder.calls[0][2]["config"], builder.calls[1][1][-1]):
            assert given is not config
            assert type(given) is Config
            assert self.state(given) == before
            given.retries["total_max_attempts"] = given.retries.pop("max_attempts") + 1
            given.s3.clear()
            given.region_name = "elsewhere"
        assert self.state(config) == before

    def test_a_copy_keeps_what_was_assigned_since(self, session, kind, builder):
        config = Config()
        config.max_pool_connections = 9
        kind.get(session, "sqs", config=config)
        assert builder.calls[0][2]["config"].max_pool_connections == 9

    def test_a_change_is_seen(self, session, kind):
        config = Config(max_pool_connections=5)
        made = kind.get(session, "sqs", config=config)
        config.max_pool_connections = 9
        changed = kind.get(session, "sqs", config=config)
        assert changed is not made
        client = changed if kind is CLIENT else changed.meta.client
        assert client.meta.config.max_pool_connections == 9


class TestResources:
    """A resource owns a client of its own, which is no client of the user's."""

    def test_its_client_takes_no_slot(self, session):
        resource = session.resource("sqs")
        assert len(session.cache.client.LRU) == 0
        assert len(session.cache.client.LFU) == 0
        assert resource.meta.client is not session.client("sqs")

    def test_it_evicts_no_client_of_the_user(self, session):
        client = session.client("sqs", max_size=1)
        session.resource("sqs")
        session.resource("s3", eviction_policy="LFU")
        assert session.client("sqs") is client

    def test_a_client_override_of_a_subclass_still_builds_it(self):
        class Counting(Session):
            asked = ()

            def client(self, *args, **kwargs):
                self.asked += (args[:1] or kwargs["service_name"],)
                made = super().client(*args, **kwargs)
                made.mine = True
                return made

        session = Counting(region_name="us-east-1")
        resource = session.resource("sqs")
        assert session.asked == (("sqs",),)
        assert resource.meta.client.mine
        assert len(session.cache.client.LRU) == 0
        client = session.client("sqs")
        assert client.mine
        assert session.client("sqs") is client
        assert len(session.cache.client.LRU) == 1

    def test_a_failed_resource_leaves_client_caching_as_it_was(self, session):
        with pytest.raises(ResourceNotExistsError):
            session.resource("no-such-service")
        assert session.client("sqs") is session.client("sqs")
        assert len(session.cache.client.LRU) == 1

    def test_a_client_asked_for_while_a_resource_is_built_is_cached(self, session):
        asked = []
        session.events.register("creating-client-class.sqs", lambda **_: asked.append(session.client("sns")))
        session.resource("sqs")
        assert asked == [session.client("sns")]
        assert names(session.cache.client.LRU) == "sns"


class TestSubclasses:
    """What other packages do with a boto3 session works here too."""

    def test_init_may_be_called_late(self, kind):
        class Late(Session):
            def __init__(self, **kwargs):
                self.note = "early"
                self.kwargs = kwargs
                super().__init__(**kwargs)

        session = Late(region_name="us-east-1")
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_credentials_may_be_replaced_afterwards(self):
        class Refreshing(Session):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self._session._credentials = boto3.Session(
                    aws_access_key_id="replaced", aws_secret_access_key="s"
                ).get_credentials()

        client = Refreshing(region_name="us-east-1").client("sqs")
        assert client._request_signer._credentials.access_key == "replaced"

    def test_client_may_be_overridden(self, kind):
        calls = []

        def override(self, *args, **kwargs):
            calls.append(args)
            kwargs.setdefault("region_name", "eu-west-1")
            return getattr(super(overriding, self), kind.name)(*args, **kwargs)

        overriding = type("Overriding", (Session,), {kind.name: override})
        session = overriding()
        made = kind.get(session, "sqs")
        assert kind.get(session, "sqs") is made
        assert kind.get(session, "sqs", region_name="eu-west-1") is made
        client = made if kind is CLIENT else made.meta.client
        assert client.meta.region_name == "eu-west-1"
        assert len(calls) == 3

    def test_slots_and_mix_ins_work(self, kind):
        class Slotted:
            __slots__ = ("note",)

        class Mixed(Session, Slotted):
            pass

        session = Mixed(region_name="us-east-1")
        session.note = "kept"
        assert kind.get(session, "sqs") is kind.get(session, "sqs")

    def test_a_session_can_be_copied(self, session, kind):
        kind.get(session, "sqs")
        twin = copy.copy(session)
        assert type(twin) is Session
        assert kind.get(twin, "sqs") is kind.get(twin, "sqs")

    def test_methods_look_like_methods(self, session, kind):
        method = getattr(session, kind.name)
        assert method.__name__ == kind.name
        assert callable(method)
        assert inspect.getdoc(getattr(Session, kind.name))


class TestLifetime:
    """Nothing keeps a session or its objects alive."""

    def test_a_dropped_session_is_collected_with_its_objects(self, kind):
        session = Session(region_name="us-east-1")
        gone = [weakref.ref(session), weakref.ref(kind.get(session, "sqs"))]
        del session
        gc.collect()
        assert [reference() for reference in gone] == [None, None]

    def test_an_evicted_object_is_let_go(self, session, kind):
        gone = weakref.ref(kind.get(session, "sqs", max_size=1))
        kind.get(session, "sns")
        gc.collect()
        assert gone() is None


class TestBadCalls:
    """Wrong arguments: whose error it is, and that nothing changes."""

    @pytest.mark.parametrize("policy_name", ["lru", "FIFO", "", 3, []], ids=name_of)
    def test_a_wrong_policy_is_an_error_that_shows_it(self, session, kind, builder, policy_name):
        with pytest.raises(kind.error) as caught:
            kind.get(session, "sqs", eviction_policy=policy_name)
        assert type(caught.value) is kind.error
        assert "policy" in str(caught.value)
        assert repr(policy_name) in str(caught.value)
        assert builder.count == 0

    @pytest.mark.parametrize("size", [2.5, "7", [], 2**64, -(2**200)], ids=name_of)
    @pytest.mark.parametrize("service", ["sqs", "sns"])
    def test_a_wrong_size_is_an_error_that_shows_it(self, session, kind, builder, size, service):
        for name in ("sqs", "s3"):
            kind.get(session, name)
        with unchanged(kind.caches(session).LRU), pytest.raises(kind.error, match="max_size") as caught:
            kind.get(session, service, max_size=size)
        assert type(caught.value) is kind.error
        assert repr(size) in str(caught.value)

    def test_no_service_is_the_type_error_of_boto3(self, session, kind):
        with unchanged(kind.caches(session).LRU), pytest.raises(TypeError, match="service_name"):
            kind.get(session)

    def test_a_positional_none_and_its_keyword_are_the_type_error_of_boto3_even_after_a_hit(self, session, kind):
        kind.get(session, "sqs", region_name="us-west-2")
        with unchanged(kind.caches(session).LRU), pytest.raises(TypeError, match="region_name"):
            kind.get(session, "sqs", None, region_name="us-west-2")

    def test_an_unknown_keyword_is_the_type_error_of_boto3_even_after_a_hit(self, session, kind):
        kind.get(session, "sqs")
        for value in (1, None, [], object()):
            with unchanged(kind.caches(session).LRU), pytest.raises(TypeError, match="zone"):
                kind.get(session, "sqs", zone=value)

    def test_an_unknown_service_is_the_error_of_boto3(self, session, kind):
        with pytest.raises(Exception) as theirs:  # noqa: PT011
            kind.get(boto3.Session(region_name="us-east-1"), "no-such-service")
        with unchanged(kind.caches(session).LRU), pytest.raises(type(theirs.value)) as ours:
            kind.get(session, "no-such-service")
        assert str(ours.value) == str(theirs.value)

    def test_no_region_is_the_error_of_boto3(self, kind, monkeypatch, tmp_path):
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        session = Session()
        with pytest.raises(Exception, match="region"):
            kind.get(session, "sqs")
        assert len(kind.caches(session).LRU) == 0

    @pytest.mark.parametrize("wrong", ["text", {"read_timeout": 5}, 3], ids=name_of)
    def test_a_config_that_is_none_is_judged_by_boto3(self, session, kind, wrong):
        with pytest.raises(Exception) as theirs:  # noqa: PT011
            kind.get(boto3.Session(region_name="us-east-1"), "sqs", config=wrong)
        with unchanged(kind.caches(session).LRU), pytest.raises(type(theirs.value)):
            kind.get(session, "sqs", config=wrong)

    def test_an_endless_option_is_an_error_that_names_it(self, session, kind, builder):
        endless = []
        endless.append(endless)
        with unchanged(kind.caches(session).LRU), pytest.raises(kind.error, match="zone"):
            kind.get(session, "sqs", zone=endless)
        assert builder.count == 0

    def test_no_error_shows_a_secret(self, session, kind):
        secrets = {"aws_access_key_id": "hunter1", "aws_secret_access_key": "hunter2", "aws_session_token": "hunter3"}
        endless = []
        endless.append(endless)
        for wrong in (
            {"eviction_policy": "FIFO"},
            {"max_size": "7"},
            {"zone": endless},
            {"endpoint_url": ["https://me:hunter4@host", endless]},
            {"config": Config(proxies={"https": "http://me:hunter5@host", "x": endless})},
        ):
            with pytest.raises(kind.error) as caught:
                kind.get(session, "sqs", **secrets, **wrong)
            assert "hunter" not in f"{caught.value!s} {caught.value!r} {vars(caught.value)}"
