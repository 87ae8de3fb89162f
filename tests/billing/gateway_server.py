"""A payment gateway as billing/gateways/http.py describes it, on a port of this machine."""

import http.client
import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from apps.billing.gateways.http import SIGNATURE, TIMESTAMP, sign

KEY = "a key that the gateway gave"


class PlayGateway:
    """Makes links, gives back, and tells of them. `moods`: statuses that it answers before it works again."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key.encode()
        self.links: dict[str, dict[str, Any]] = {}  # by our reference
        self.refunds: dict[str, dict[str, Any]] = {}  # by our reference
        self.endings: dict[str, dict[str, Any]] = {}  # by the key that makes it happen once
        self.asked: list[bytes] = []
        self.moods: list[int] = []
        gateway = self

        class Desk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, answer = gateway.answer(self)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "PlayGateway":
        self.thread.start()
        return self

    def __exit__(self, *_problem: Any) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.asked.append(body)
        if self.moods:
            return self.moods.pop(0), {}
        known = {
            "/v1/links": ("link", self.links),
            "/v1/refunds": ("refund", self.refunds),
            "/v1/endings": ("ending", self.endings),
        }
        if request.path not in known or request.headers[SIGNATURE] != sign(self.key, request.headers[TIMESTAMP], body):
            return 403, {}
        said = json.loads(body)
        kind, rows = known[request.path]
        made = rows.setdefault(request.headers["Idempotency-Key"], {**said, "id": f"{kind}_{len(rows) + 1}"})
        return 201, {"id": made["id"], **({"url": f"https://pay.example/{made['id']}"} if kind == "link" else {})}

    def message(self, event: str, link: str, **said: Any) -> bytes:
        usual = {"id": event, "type": "link.paid", "link": link, "amount": "136.00", "currency": "INR"}
        return json.dumps({**usual, **said}).encode()

    def back(self, event: str, wish: Any, **said: Any) -> bytes:
        """It gave back what we call `wish`; or says something else of it."""
        asked = self.refunds.get(str(wish), {"id": "refund_1", "amount": "36.00", "currency": "INR"})
        usual = {"id": event, "type": "refund.done", "refund": asked["id"], "reference": str(wish)}
        return json.dumps({**usual, "amount": asked["amount"], "currency": asked["currency"], **said}).encode()

    def settled(self, event: str, amount: str, fee: str, /, *links: str, **said: Any) -> bytes:
        """It has paid into the bank what came by these links, but for its fee."""
        usual = {"id": event, "type": "settlement.paid", "settlement": "stl_1", "currency": "INR"}
        return json.dumps({**usual, "amount": amount, "fee": fee, "links": links, **said}).encode()

    def signed(self, body: bytes, *, at: datetime) -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        return {TIMESTAMP: stamp, SIGNATURE: sign(self.key, stamp, body)}

    def tell(self, port: int, host: str, body: bytes, *, at: datetime) -> tuple[int, dict[str, Any]]:
        """Say it to a real web server."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Host": host, "Content-Type": "application/json", **self.signed(body, at=at)}
        try:
            line.request("POST", "/billing/gateway/events/", body, headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()
