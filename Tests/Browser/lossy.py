"""A bad network between browsers and the daemon: a UDP relay in user space.

Browsers send to `port`, because the daemon announces it in place of its own; each of their
addresses gets a socket of its own towards the daemon.
"""

import asyncio
import random
import threading
from dataclasses import dataclass


@dataclass
class Weather:
    """What happens to a datagram, each way."""

    loss: float = 0.0
    #: Seconds.
    delay: float = 0.0
    #: Seconds that are added at random.
    jitter: float = 0.0


class LossyNetwork:
    """Relays on a thread of its own until `stop`."""

    def __init__(self, target: int, weather: Weather, seed: int, upward: Weather | None = None):
        """`weather` is that of both ways, or of the way back where `upward` is given."""
        self.weather = weather
        self.upward = upward or weather
        self.port = 0
        self.target = target
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(timeout=5)

    async def _start(self):
        inside, _ = await self._loop.create_datagram_endpoint(
            lambda: _Outside(self), local_addr=("127.0.0.1", 0)
        )
        self.port = inside.get_extra_info("sockname")[1]

    def later(self, weather: Weather, send, data, *address):
        """Sends a datagram after its delay, or never."""
        if self._random.random() < weather.loss:
            return
        wait = weather.delay + weather.jitter * self._random.random()
        self._loop.call_later(wait, send, data, *address)

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)


class _Outside(asyncio.DatagramProtocol):
    """The side where browsers send."""

    def __init__(self, network: LossyNetwork):
        self._network = network
        self._inside: dict = {}

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        upstream = self._inside.get(address)
        if upstream is None:
            upstream = self._inside[address] = asyncio.ensure_future(self._open(address))
        upstream.add_done_callback(
            lambda opened: self._network.later(
                self._network.upward, opened.result().sendto, data
            )
        )

    async def _open(self, address):
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Inside(self._network, self._transport, address),
            remote_addr=("127.0.0.1", self._network.target),
        )
        return transport


class _Inside(asyncio.DatagramProtocol):
    """One browser address's side towards the daemon."""

    def __init__(self, network: LossyNetwork, outside, address):
        self._network, self._outside, self._address = network, outside, address

    def datagram_received(self, data, _):
        self._network.later(self._network.weather, self._outside.sendto, data, self._address)
