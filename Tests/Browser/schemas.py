"""Holds every notification that any test's client is told against the form that the daemon's own
description gives it."""

import json
import urllib.request

from jsonschema import Draft202012Validator

#: By name; what was read once holds for the whole run, as all daemons in it are one program.
_forms: dict[str, Draft202012Validator] = {}


def learn(http_port: int):
    """Reads the description that a daemon serves."""
    if _forms:
        return
    url = f"http://127.0.0.1:{http_port}/v1/openrpc.json"
    with urllib.request.urlopen(url, timeout=5) as answer:
        description = json.load(answer)
    components = {"components": description["components"]}
    for told in description["x-notifications"]:
        _forms[told["name"]] = Draft202012Validator(told["schema"] | components)


def check(message: dict):
    """A notification is one that is described, and as it is described."""
    if _forms and "method" in message:
        _forms[message["method"]].validate(message["params"])
