"""Two networks and the router between them, in network namespaces of a test's own."""

import os
import subprocess

PRIVILEGED = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]


def run(*command: str, text: str | None = None) -> None:
    subprocess.run([*PRIVILEGED, *command], check=True, input=text, text=True, timeout=10)


class TranslatedNetwork:
    """`inside` is reached from `outside` only through a router that translates addresses.

    What comes to the router's outer address on an outer port goes to the same service inside on
    another port; what leaves carries the router's address.
    """

    INSIDE, INNER_GATEWAY = "10.77.0.2", "10.77.0.1"
    OUTSIDE, OUTER_GATEWAY = "198.51.100.2", "198.51.100.1"

    def __init__(self):
        self.inside, self.router, self.outside = (
            f"samtal-{os.getpid()}-{part}" for part in ("inside", "router", "outside")
        )

    def __enter__(self):
        try:
            for namespace in (self.inside, self.router, self.outside):
                run("ip", "netns", "add", namespace)
                run("ip", "-n", namespace, "link", "set", "lo", "up")
            self._link("in", self.inside, self.INSIDE, self.INNER_GATEWAY)
            self._link("out", self.outside, self.OUTSIDE, self.OUTER_GATEWAY)
            run("ip", "-n", self.inside, "route", "add", "default", "via", self.INNER_GATEWAY)
            run(*self.within(self.router), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for namespace in (self.inside, self.router, self.outside):
            subprocess.run(
                [*PRIVILEGED, "ip", "netns", "delete", namespace],
                stderr=subprocess.DEVNULL,
                check=False,
            )

    def _link(self, name: str, namespace: str, address: str, gateway: str):
        run(
            "ip", "-n", self.router, "link", "add", name, "type", "veth",
            "peer", "name", "eth0", "netns", namespace,
        )  # fmt: skip
        run("ip", "-n", self.router, "address", "add", f"{gateway}/24", "dev", name)
        run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", self.router, "link", "set", name, "up")
        run("ip", "-n", namespace, "link", "set", "eth0", "up")

    def translate(self, ports: list[tuple[str, int, int]]):
        """Each is a protocol, the port outside, and the port inside."""
        table = [
            "table ip translation {",
            "  chain in {",
            "    type nat hook prerouting priority dstnat",
            *(
                f"    iifname out {protocol} dport {outer} dnat to {self.INSIDE}:{inner}"
                for protocol, outer, inner in ports
            ),
            "  }",
            "  chain out {",
            "    type nat hook postrouting priority srcnat",
            "    oifname out masquerade",
            "  }",
            "}",
        ]
        run(*self.within(self.router), "nft", "-f", "-", text="\n".join(table) + "\n")

    def within(self, namespace: str) -> list[str]:
        """The words before a command that make it run in a namespace."""
        return ["ip", "netns", "exec", namespace]
