"""Error classes: what they are, what they carry, how they read."""

import copy
import pickle
from itertools import chain, combinations

import pytest
from support.kinds import SECRET_PARAMETERS

from boto3_client_cache import (
    CacheError,
    ClientCacheError,
    ClientCacheExistsError,
    ClientCacheNotFoundError,
    ResourceCacheError,
    ResourceCacheExistsError,
    ResourceCacheNotFoundError,
    SessionCacheError,
    SessionCacheExistsError,
    SessionCacheNotFoundError,
)

CLASSES = [
    CacheError,
    ClientCacheError,
    ClientCacheExistsError,
    ClientCacheNotFoundError,
    ResourceCacheError,
    ResourceCacheExistsError,
    ResourceCacheNotFoundError,
    SessionCacheError,
    SessionCacheExistsError,
    SessionCacheNotFoundError,
]

# In the order in which they are shown.
FIELDS = {"code": "E", "status_code": 404, "param": "p", "value": [1], "details": {"a": 1}}
SUBSETS = list(chain.from_iterable(combinations(FIELDS, size) for size in range(len(FIELDS) + 1)))


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.__name__)
def error_class(request):
    return request.param


def test_each_error_has_its_place():
    assert issubclass(CacheError, Exception)
    for base, exists, not_found in (
        (ClientCacheError, ClientCacheExistsError, ClientCacheNotFoundError),
        (ResourceCacheError, ResourceCacheExistsError, ResourceCacheNotFoundError),
        (SessionCacheError, SessionCacheExistsError, SessionCacheNotFoundError),
    ):
        assert base.__bases__ == (CacheError,)
        assert issubclass(exists, base)
        assert issubclass(not_found, base)
        assert not issubclass(exists, not_found)
        assert not issubclass(not_found, exists)


@pytest.mark.parametrize(
    "error_class", [ClientCacheNotFoundError, ResourceCacheNotFoundError, SessionCacheNotFoundError]
)
def test_not_found_is_a_key_error_as_with_a_dict(error_class):
    with pytest.raises(KeyError) as caught:
        raise error_class("gone")
    assert str(caught.value) == "gone"


@pytest.mark.parametrize("error_class", [CacheError, ClientCacheError, ClientCacheExistsError, ResourceCacheError])
def test_other_errors_are_no_key_errors(error_class):
    assert not issubclass(error_class, LookupError)


def test_every_field_is_kept_as_an_attribute(error_class):
    error = error_class("text", **FIELDS)
    assert error.message == "text"
    for name, value in FIELDS.items():
        assert getattr(error, name) is value


def test_fields_not_given_are_none_and_the_message_empty(error_class):
    error = error_class()
    assert error.message == ""
    assert [getattr(error, name) for name in FIELDS] == [None] * len(FIELDS)
    assert error_class(None).message == ""


def test_fields_are_given_by_keyword_only(error_class):
    with pytest.raises(TypeError):
        error_class("text", "E")


def listed(shown):
    return ", ".join(f"{name}={FIELDS[name]!r}" for name in shown)


def test_text_is_the_message_and_the_fields_that_are_set(error_class):
    for shown in SUBSETS:
        error = error_class("text", **{name: FIELDS[name] for name in shown})
        assert str(error) == (f"text ({listed(shown)})" if shown else "text")


def test_text_without_a_message_is_the_bare_list_of_fields(error_class):
    for shown in SUBSETS:
        assert str(error_class(**{name: FIELDS[name] for name in shown})) == listed(shown)


def test_repr_is_the_class_with_the_message_and_the_fields(error_class):
    for shown in SUBSETS:
        error = error_class("text", **{name: FIELDS[name] for name in shown})
        assert repr(error) == f"{error_class.__name__}({', '.join(filter(None, [repr('text'), listed(shown)]))})"


def test_repr_without_a_message(error_class):
    assert repr(error_class()) == f"{error_class.__name__}('')"


@pytest.mark.parametrize("value", [0, False, "", []])
def test_a_false_value_is_set_all_the_same(error_class, value):
    assert str(error_class("text", value=value)) == f"text (value={value!r})"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling(error_class, protocol):
    error = error_class("text", **FIELDS)
    same = pickle.loads(pickle.dumps(error, protocol))
    assert type(same) is error_class
    assert (str(same), repr(same)) == (str(error), repr(error))
    assert [getattr(same, name) for name in FIELDS] == list(FIELDS.values())


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_an_error_can_be_copied(error_class, duplicate):
    error = error_class("text", **FIELDS)
    error.__notes__ = ["seen"]
    same = duplicate(error)
    assert type(same) is error_class
    assert (str(same), repr(same), same.__notes__) == (str(error), repr(error), ["seen"])


@pytest.mark.parametrize("name", SECRET_PARAMETERS)
def test_the_value_of_a_secret_parameter_is_never_shown(error_class, name):
    error = error_class("text", param=name, value="hunter2")
    assert str(error) == f"text (param='{name}', value='***')"
    assert "hunter2" not in repr(error)
    assert b"hunter2" not in pickle.dumps(error)


def test_a_subclass_names_itself(error_class):
    class Special(error_class):
        pass

    assert repr(Special("text")) == "Special('text')"
