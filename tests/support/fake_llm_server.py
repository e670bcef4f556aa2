"""A small honest server that speaks what a vLLM server speaks, over real HTTP, and can behave badly."""

import contextlib
import json
import math
import random
import re
import socket
import ssl
import threading
import zlib
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_OPTION = re.compile(r"^([A-Z])\. (.*)$", re.MULTILINE)
_ROW = re.compile(r"<検査項目>\n(.*)\n</検査項目>", re.DOTALL)

FAULTS = ("outside", "unconstrained", "no logprobs", "half the logprobs", "nan", "not json", "empty", "list")
"""Ways to answer HTTP 200 that are no answer to the question."""

UNANSWERED = "黙"
"""A row whose name holds this character is kept waiting by a `silent` server."""


class FakeLlmServer:
    """
    Serves on a free port of this machine; the port stays the same over `stop` and `start`.

    Attributes:
        behaviour: `well`; one of `FAULTS`; `silent` (a question that holds `UNANSWERED` has no answer before
            `release`); `drop` (closes the connection); a status such as `500`; `chaos` (any of them, now
            and then); `busy twice` (429 to the first two tries of every question).
        seen: How often each path was asked.
        headers: Of the last request.
        chat: Whether the model has a chat template.
        token: Required as bearer token under /v1 where not empty.
        liking: Nats that the model favours each label by, whatever is asked.
    """

    def __init__(self, *, chat: bool = True, token: str = "", certificate: Path | None = None) -> None:
        self.behaviour = "well"
        self.models = ["fake-model"]
        self.seen: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.chat = chat
        self.token = token
        self.liking = [1.5, 0.9, 0.0, -0.4, -0.8, 0.3, 0.1, -0.2]
        self.tries: Counter[str] = Counter()
        self.chaos = _Chaos()
        self.released = threading.Event()
        self._reserved: socket.socket | None = None
        self._certificate = certificate
        self.connections: set[socket.socket] = set()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._certificate else 'http'}://localhost:{self._port}"

    def start(self) -> None:
        owner = self

        class Handler(_Handler):
            server_state = owner

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def get_request(self) -> tuple[socket.socket, Any]:
                connection, address = super().get_request()
                owner.connections.add(connection)
                return connection, address

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Say nothing of connections that clients or tests cut."""

        self._server = Server(("127.0.0.1", self._port), Handler)
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        if self._reserved is not None:
            self._reserved.close()

    def release(self) -> None:
        """Behave well, and answer what was kept waiting."""
        self.behaviour = "well"
        released, self.released = self.released, threading.Event()
        released.set()

    def stop(self) -> None:
        """Go away as a killed process does: connections break off, new ones are refused."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        # Bound without listening: connections are refused, and nobody else is given the port meanwhile.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", self._port))
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
                connection.close()
        self.connections.clear()

    def label_logprobs(self, text: str) -> dict[str, float]:
        """Return label -> log-probability: likeness of an option to the row, and liking for the label."""
        row = set(_ROW.findall(text)[0])
        offered = _OPTION.findall(text)
        likeness = [len(row & set(option)) / (1 + len(set(option))) for _, option in offered]
        scores = [2 * like + self.liking[n % 8] for n, like in enumerate(likeness)]
        total = math.log(sum(map(math.exp, scores))) + 0.1
        return {label: score - total for (label, _), score in zip(offered, scores, strict=True)}


class _Chaos:
    """
    Every tenth answer or so is a bad one.

    Never two within eight: in whatever order the threads end, too few fail in a row to count as an outage.
    """

    def __init__(self) -> None:
        self._random = random.Random(4)
        self._good_left = 0
        self._lock = threading.Lock()

    def next(self) -> str:
        """Return the behaviour for one request."""
        with self._lock:
            self._good_left -= 1
            if self._good_left >= 0:
                return "well"
            self._good_left = self._random.randint(8, 12)
            return self._random.choice([*FAULTS, "drop", "500"])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: FakeLlmServer
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict[str, Any]) -> None:
        state = self.server_state
        state.seen[self.path] += 1
        state.headers = dict(self.headers)
        if state.token and self.path.startswith("/v1"):
            given = self.headers.get("Authorization", "")
            if given != f"Bearer {state.token}":
                self._send(401, {"error": "Unauthorized"})
                return
        behaviour = self._behaviour()
        if behaviour == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif behaviour == "busy twice":
            key = f"{self.path} {json.dumps(body, sort_keys=True)}"
            state.tries[key] += 1
            busy = state.tries[key] <= 2
            self._send(429 if busy else 200, {} if busy else self._honest(body), {"Retry-After": "0"})
        elif behaviour.isdigit():
            self._send(int(behaviour), {"error": "as told"})
        else:
            if behaviour == "silent" and UNANSWERED in str(body):
                state.released.wait()
            answer = self._honest(body)
            self._send(400 if answer is None else 200, _spoilt(answer, behaviour))

    def _behaviour(self) -> str:
        behaviour = self.server_state.behaviour
        return self.server_state.chaos.next() if behaviour == "chaos" else behaviour

    def _honest(self, body: dict[str, Any]) -> Any:
        if self.path == "/v1/models":
            return {"data": [{"id": name} for name in self.server_state.models]}
        if self.path == "/tokenize":
            if "messages" in body and not self.server_state.chat:
                return None
            return {"tokens": [ord(c) for c in body.get("prompt", "")]}
        if self.path == "/v1/chat/completions":
            if not self.server_state.chat:
                return None
            text, said = self._label(body["messages"][-1]["content"], body)
            entries = [{"token": f"token_id:{ord(label)}", "logprob": value} for label, value in said.items()]
            written = {"token": f"token_id:{ord(text)}", "logprob": said[text], "top_logprobs": entries}
            return {"choices": [{"message": {"content": text}, "logprobs": {"content": [written]}}]}
        if body.get("echo"):
            return {"choices": [_echo(n, text) for n, text in reversed(list(enumerate(body["prompt"])))]}
        text, said = self._label(body["prompt"], body)
        by_token = {f"token_id:{ord(label)}": value for label, value in said.items()}
        token = f"token_id:{ord(text)}"
        logprobs = {"tokens": [token], "token_logprobs": [by_token[token]], "top_logprobs": [by_token]}
        return {"choices": [{"text": text, "logprobs": logprobs}]}

    def _label(self, text: str, body: dict[str, Any]) -> tuple[str, dict[str, float]]:
        said = self.server_state.label_logprobs(text)
        offered = body["structured_outputs"]["choice"]
        assert offered == list(said)
        assert body["logprob_token_ids"] == [ord(label) for label in offered]
        assert body["max_tokens"] == 1
        return max(said, key=said.__getitem__), said

    def _send(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _echo(number: int, text: str) -> dict[str, Any]:
    """Score a text as a model of single characters does: a character by all those before it."""
    values = [-(zlib.crc32(text[: at + 1].encode()) % 997) / 150 - 0.001 for at in range(len(text))]
    tokens = [f"token_id:{ord(character)}" for character in text]
    return {"index": number, "logprobs": {"tokens": tokens, "token_logprobs": [None, *values[1:]]}}


def _spoilt(answer: Any, behaviour: str) -> object:
    """Return an answer, or what a bad server makes of it."""
    if behaviour in ("not json", "empty", "list"):
        return {"not json": "<html>", "empty": {}, "list": []}[behaviour]
    if not (isinstance(answer, dict) and "choices" in answer):
        return answer
    for choice in answer["choices"]:
        logprobs = choice["logprobs"]
        written = logprobs["content"][0] if "content" in logprobs else None
        if behaviour in ("outside", "unconstrained"):
            text = "Z" if behaviour == "outside" else "は"
            choice["text"] = text
            if written:
                choice["message"]["content"] = text
                written["token"] = f"token_id:{ord(text)}"
            else:
                logprobs["tokens"] = [
                    f"token_id:{ord(text)}",
                    *logprobs["tokens"][1:-1],
                    f"token_id:{ord(text)}",
                ]
        elif behaviour == "no logprobs":
            choice["logprobs"] = None
        elif behaviour == "half the logprobs":
            if written:
                written["top_logprobs"] = written["top_logprobs"][:1]
            else:
                logprobs["token_logprobs"] = logprobs["token_logprobs"][: len(logprobs["tokens"]) // 2]
                logprobs["top_logprobs"] = [{}]
        elif behaviour == "nan":
            if written:
                written["top_logprobs"] = [{**e, "logprob": math.nan} for e in written["top_logprobs"]]
            else:
                logprobs["token_logprobs"] = [math.nan] * len(logprobs["token_logprobs"])
                logprobs["top_logprobs"] = [dict.fromkeys(logprobs.get("top_logprobs", [{}])[0], math.nan)]
    return answer
