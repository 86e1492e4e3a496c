"""What README.md tells people to type does what it says."""

import os
import re
import shlex
import signal
import subprocess

import pytest

from daemon import ROOT, read_links

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.strip()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.strip() and not line.strip().startswith("#")
]
#: Those that this very run is part of, or that take as long as they are told to.
LONG = ("scripts/test", "scripts/fuzz")
#: Seconds for a build and a start, or for a command that ends by itself.
PATIENCE = 600


def ends_by_itself(command: str) -> bool:
    return not command.startswith(("git ", "cd ", "scripts/run", *LONG))


def test_the_readme_has_commands():
    assert "scripts/run" in COMMANDS
    assert "scripts/test" in COMMANDS


@pytest.mark.parametrize("command", [command for command in COMMANDS if ends_by_itself(command)])
def test_a_command_of_the_readme_succeeds(command):
    subprocess.run(command, shell=True, check=True, cwd=ROOT, timeout=PATIENCE)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith(LONG)])
def test_a_long_command_of_the_readme_is_there_to_be_run(command):
    assert os.access(ROOT / shlex.split(command)[0], os.X_OK)


def test_run_ends_with_the_links_printed_and_the_daemon_serving(tmp_path):
    process = subprocess.Popen(
        ["scripts/run"],
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert read_links(process.stdout, PATIENCE)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
