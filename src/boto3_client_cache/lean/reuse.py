"""Connections that strangers may use one after the other: what one was sent, the next never reads.

What is shared: one connection, by requests that need not be of one tenant. It goes back to its pool when its response
was read to the end and nothing is unread in the reader's buffer, the TLS layer or the socket; the last two are looked
at again before its next use.

When it is not: after anything else, and where somebody's own class answers in urllib3's place: then nothing is known.

What happens then: the connection is closed, and the next request opens one.

Complexity: a system call and some microseconds for each request. Thread safety: a connection has one user at a time,
which its pool sees to. Does not know who shares: that is ``connections``. Does not see what a server sends between the
last look and the next request: no client of HTTP/1.1 can tell that from the answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import weakref
from typing import Any

import urllib3.util

__all__ = ["ReusedPool", "extended", "is_open"]


def _nothing_more(_: object) -> int:
    return 0


class _Reader(io.BufferedReader):
    """A response's buffered reader that knows, once it is closed, whether it had read further than it was asked to."""

    has_read_ahead = True  # for all that is known before

    def close(self) -> None:
        if not self.closed:
            self.raw.readinto = _nothing_more  # type: ignore[method-assign]  # to look into the buffer, never to wait
            self.has_read_ahead = bool(self.peek(1))
        super().close()


class _ReusedConnection:
    """Goes before a connection class, botocore's or what stands in its place, and watches what it reads with."""

    _answer: http.client.HTTPResponse | None = None
    _reader: _Reader | None = None

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        """Do what the connection does, with a reader of ours in the response, whichever class that is of."""
        connection: Any = self
        response_class = connection.response_class
        self._answer = self._reader = None

        def watched(*args: Any, **kwargs: Any) -> Any:
            answer = response_class(*args, **kwargs)
            if type(answer.fp) is io.BufferedReader and isinstance(answer.fp.raw, socket.SocketIO):
                self._answer = answer
                answer.fp = self._reader = _Reader(answer.fp.detach(), io.DEFAULT_BUFFER_SIZE)  # it has read nothing
            return answer

        connection.response_class = watched
        try:
            return super().getresponse(*args, **kwargs)  # type: ignore[misc]
        finally:
            if connection.response_class is watched:  # or it was closed meanwhile, and has its own again
                connection.response_class = response_class


def _is_reusable(connection: Any) -> bool:
    """Whether a stranger may have it: the last answer was read to its end, and there is nothing behind it."""
    if getattr(connection, "sock", None) is None:  # it will connect anew
        return True
    answer, reader = connection._answer, connection._reader
    return (
        answer is not None
        and reader is not None
        and not reader.has_read_ahead
        and (answer.chunk_left is None if answer.chunked else answer.length == 0)
        and not _holds_unread_bytes(connection.sock)
        and not urllib3.util.wait_for_read(connection.sock, timeout=0)
    )


def _holds_unread_bytes(sock: Any) -> bool:
    """Whether the TLS layer has deciphered what nobody has read: where the socket itself shows nothing."""
    pending = getattr(sock, "pending", None)
    return pending is not None and pending() > 0


def is_open(connection: Any) -> bool:
    """Whether it has a socket, or an answer that is being read has taken it over."""
    reader = getattr(connection, "_reader", None)
    return getattr(connection, "sock", None) is not None or (reader is not None and not reader.closed)


class ReusedPool:
    """Goes before a pool class, botocore's or what stands in its place."""

    _made: tuple[type, type] | None = None

    @property
    def ConnectionCls(self) -> Any:  # noqa: N802 - urllib3's name
        """The pool's connection class as it is at this moment, watched."""
        own = super().ConnectionCls  # type: ignore[misc]
        if not (isinstance(own, type) and issubclass(own, http.client.HTTPConnection)):
            return own
        if self._made is None or self._made[0] is not own:
            self._made = own, extended(own, by=_ReusedConnection)
        return self._made[1]

    def _get_conn(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super()
        connection = pool._get_conn(*args, **kwargs)  # what is readable already is closed there
        sock = getattr(connection, "sock", None)
        if sock is None or not _holds_unread_bytes(sock):
            return connection
        connection.close()
        return pool._new_conn()

    def _put_conn(self, conn: Any) -> None:
        if conn is not None and not (isinstance(conn, _ReusedConnection) and _is_reusable(conn)):
            conn.close()
        super()._put_conn(conn)  # type: ignore[misc]


# By what goes before and the class that it goes before. An entry lives as long as one who uses the class that was made.
_extended: weakref.WeakValueDictionary[tuple[type, type], type] = weakref.WeakValueDictionary()


def extended(own: type, by: type) -> type:
    """Return a class of the name of ``own`` that does what ``own`` does, with ``by`` before it."""
    made = _extended.get((own, by))
    if made is None:
        made = _extended[own, by] = type(own.__name__, (by, own), {"__module__": own.__module__})
    return made
