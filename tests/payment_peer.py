"""A provider's API as a table of paths and answers, for tests of what its answers mean."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

from models.values import Money
from tests.payment_payloads import FLUTTERWAVE_KEY, PAYSTACK_KEY, REFERENCE
from tests.whatsapp_peer import Peer, answer, peer
from worker.gateways.flutterwave import Flutterwave
from worker.gateways.payments import Gateway, Start
from worker.gateways.paystack import Paystack

PRICE = Money(750_050)


def a_start(**more: Any) -> Start:
    """What is to be paid: PRICE by Ada, by a link, unless said otherwise."""
    who = {"email": "2348031234567@customers.drugs.ng", "name": "Ada Obi", "phone": "+2348031234567"}
    about = {"reference": REFERENCE, "amount": PRICE, "return_url": "https://drugs.example/paid", "order_number": "10017"}
    return Start(**{**about, **who, **more})


@contextlib.contextmanager
def provider(name: str, *answers: tuple[int, Any]) -> Iterator[tuple[Gateway, Peer]]:
    """The gateway at a server that gives the answers (status, body) one after another, the last for ever."""
    left = list(answers)

    def act(connection: socket.socket, request: bytes) -> None:
        status, body = left.pop(0) if len(left) > 1 else left[0]
        connection.sendall(answer(status, body))

    with peer(act) as server:
        gateway: Gateway = (
            Paystack.of(PAYSTACK_KEY, server.url) if name == "paystack" else Flutterwave.of(FLUTTERWAVE_KEY, server.url)
        )
        try:
            yield gateway, server
        finally:
            gateway.close()


def asked(server: Peer) -> list[str]:
    """Method and target of each request."""
    return [request.split(b" HTTP/1.1", 1)[0].decode() for request in server.requests]


def sent(server: Peer) -> Any:
    """The JSON body of the last request."""
    return json.loads(server.requests[-1].partition(b"\r\n\r\n")[2])
