"""What an accepted send costs the simulator itself: processor time per message, with and without statuses.

python -m local.simulator.measure
"""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from local.simulator.config import Config
from local.simulator.control import Simulator
from local.simulator.standin import StandIn

CONFIG = Config()
TEXT = {"type": "text", "text": {"body": "Your order is on its way. " * 5}, "biz_opaque_callback_data": "row-1"}
ROWS = [{"id": f"menu:{i}", "title": f"Row number {i}", "description": "What it is about"} for i in range(10)]
LIST = {
    "type": "interactive",
    "interactive": {"type": "list", "body": {"text": "Choose"}, "action": {"button": "Open", "sections": [{"rows": ROWS}]}},
}


def send(sim: Simulator, content: dict[str, Any], times: int) -> None:
    """Sends one after another on one kept connection."""
    payload = json.dumps({"messaging_product": "whatsapp", "to": "+2348031234567", **content}).encode()
    headers = {"Authorization": f"Bearer {CONFIG.access_token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(sim.url.removeprefix("http://"))
    for _ in range(times):
        connection.request("POST", f"/v23.0/{CONFIG.phone_number_id}/messages", body=payload, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"refused: {answer.status}")
    connection.close()


def cost(content: dict[str, Any], times: int, **settings: Any) -> float:
    """Milliseconds of the simulator's processor time per message, its webhooks included."""
    with Simulator.start(window="off", **settings) as sim:
        send(sim, content, 200)
        before = sim.health()["cpu_s"]
        send(sim, content, times)
        time.sleep(0.3)
        sim.settle(60)
        return float(sim.health()["cpu_s"] - before) / times * 1000


def main() -> None:
    print(f"text, no statuses            {cost(TEXT, 5000, statuses=False):.3f} ms")
    print(f"list of ten, no statuses     {cost(LIST, 5000, statuses=False):.3f} ms")
    bot = StandIn()
    bot.answering = False
    try:
        print(f"text, two statuses           {cost(TEXT, 2000, webhook_url=bot.url):.3f} ms")
        print(f"text, statuses in batches    {cost(TEXT, 2000, webhook_url=bot.url, webhook_batch=50):.3f} ms")
    finally:
        bot.stop()


if __name__ == "__main__":
    main()
