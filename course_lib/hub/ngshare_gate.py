"""What may be sent to ngshare at a time: nobody fills its memory, and who is unknown sends nothing."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from http.client import responses
from typing import Any

from jupyterhub.services.auth import HubAuth
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import HTTPError

_AT_ONCE = 4  # largest bodies that may be under way together
_DISCARD = 10  # a body up to this many times too large is read, and thrown away, so that the answer is heard
_SECONDS = 120  # a body takes at most
_TOKEN_SECONDS = 10  # a token's answer from the hub is good for


class Identity:
    """Who a request is from: the answer of the hub about its token, and nothing else."""

    def __init__(self) -> None:
        self._hub = HubAuth(cache_max_age=_TOKEN_SECONDS)

    async def of(self, headers: HTTPHeaders) -> dict[str, Any] | None:
        """The hub's model of the user or service; None without a good token. HTTPError 503: no answer."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        token = token.strip()
        # A cookie is not asked for: what a page of another person's server sends has them too.
        if scheme.lower() not in ("token", "bearer") or not token or not token.isascii():
            return None
        try:
            return await self._hub.user_for_token(token, sync=False)
        except HTTPError as error:
            raise HTTPError(503, "the hub does not say who you are") from error


class Gate:
    """Bodies that are being received. body: bytes that one may have."""

    def __init__(self, identity: Identity, body: int) -> None:
        self.identity = identity
        self.body = body
        self._under_way: dict[str, int] = {}

    async def enter(self, headers: HTTPHeaders) -> tuple[str, int, str]:
        """Whose body may come; or why not: nobody, an HTTP status, and a line."""
        length = headers.get("Content-Length", "")
        if not length.isdigit():
            return "", 411, "say how long the request is"
        if int(length) > self.body:
            return (
                "",
                413,
                f"a request may have {self.body / 1e6:.1f} MB, and this one has {int(length) / 1e6:.1f}",
            )
        try:
            person = await self.identity.of(headers)
        except HTTPError as error:
            return "", error.status_code, error.log_message or ""
        if person is None:
            return "", 403, "the hub does not know this token: restart your server"
        name = f"{person['kind']} {person['name']}"
        if name in self._under_way:
            return "", 503, "another request of yours is under way"
        if sum(self._under_way.values()) + int(length) > _AT_ONCE * self.body:
            return "", 503, "many others are sending"
        self._under_way[name] = int(length)
        return name, 0, ""

    def leave(self, name: str) -> None:
        """A body has come, or its sender has gone."""
        self._under_way.pop(name, None)


class GatedServer(HTTPServer):
    """An HTTP server that asks the gate before it receives a body."""

    gate: Gate

    @classmethod
    def of(cls, application: HTTPServerConnectionDelegate, gate: Gate) -> GatedServer:
        """A server for this application."""
        server = cls(application, max_body_size=_DISCARD * gate.body, body_timeout=_SECONDS)
        server.gate = gate
        return server

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """What receives one request."""
        return _Gated(super().start_request(server_conn, request_conn), request_conn, self.gate)


class _Gated(HTTPMessageDelegate):
    """One request: it is handed on, or thrown away as it comes and then refused."""

    def __init__(self, inner: HTTPMessageDelegate, connection: HTTPConnection, gate: Gate) -> None:
        self._inner, self._connection, self._gate = inner, connection, gate
        self._name = ""
        self._refusal: tuple[int, str] | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        if "Content-Length" in headers or "Transfer-Encoding" in headers:
            return self._ask(start_line, headers)
        return self._inner.headers_received(start_line, headers)

    async def _ask(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        self._name, status, message = await self._gate.enter(headers)
        if status:
            self._refusal = status, message
        elif (waited := self._inner.headers_received(start_line, headers)) is not None:
            await waited

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return None if self._refusal else self._inner.data_received(chunk)

    def finish(self) -> None:
        self._gate.leave(self._name)
        if not self._refusal:
            self._inner.finish()
            return
        status, message = self._refusal
        body = json.dumps({"success": False, "message": message}).encode()
        headers = HTTPHeaders({"Content-Type": "application/json", "Content-Length": str(len(body))})
        self._connection.write_headers(
            ResponseStartLine("HTTP/1.1", status, responses[status]), headers, body
        )
        self._connection.finish()

    def on_connection_close(self) -> None:
        self._gate.leave(self._name)
        if not self._refusal:
            self._inner.on_connection_close()
