"""A tool that nobody here wrote reads the API's description and tries to break the API."""

import subprocess
import sys
from pathlib import Path

from backend import CLINIC, BackEnd
from daemon import Daemon

#: What answers to requests of the described form may be, beside success: what depends on the
#: clinic's state, and values that are of the right form and mean nothing.
ACCEPTED = ["2xx", "401", "403", "404", "409", "412", "422", "429"]
#: What answers to other requests must be.
REFUSED = ["400", "401", "403", "404", "405", "411", "412", "413", "415", "422", "428", "429"]

#: Where a request of another form can be answered well all the same: each recipient is refused on
#: their own; and the library under the web front loses a field like Idempotency-Key behind one whose
#: name is the beginning of a common one ("C: x"), so that a bad key counts as none, and a visit that
#: is closed is what stands in the way (409).
ANSWERED = {
    "createInvites": ["201", "202", "409"], "createVisit": ["201", "202"], "createToken": ["201"],
    "resendInvite": ["200", "202", "409"], "makeGeneralLink": ["200", "202", "409"],
}

CONFIGURATION = f"""
continue-on-failure = true
warnings = false

[parameters]
clinic = "{CLINIC}"

[checks.positive_data_acceptance]
expected-statuses = {ACCEPTED}

[checks.negative_data_rejection]
expected-statuses = {REFUSED}

[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "415", "422", "428"]
""" + "".join(f"""
[[operations]]
include-operation-id = "{operation}"
checks.negative_data_rejection.expected-statuses = {[*REFUSED, *statuses]}
""" for operation, statuses in ANSWERED.items())


def test_the_api_is_as_its_description_says(daemon: Daemon, tmp_path: Path):
    back_end = BackEnd(daemon)
    back_end.book()
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    tool = Path(sys.executable).parent / "schemathesis"
    address = f"http://127.0.0.1:{daemon.http_port}"
    run = subprocess.run(
        [
            *(tool, "--config-file", configuration, "run", f"{address}/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {back_end.token}", "--checks", "all"),
            # A visit that is cancelled, or has no general link any more, is still there to be seen.
            *("--exclude-checks", "use_after_free"),
            *("--max-examples", "20", "--max-time", "75", "--seed", "1"),
            # The library under the web front closes on an escaped NUL without an answer.
            *("--rate-limit", "150/s", "--generation-allow-x00", "false"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2_000:]
    assert "Selected: 27/27" in run.stdout and "Tested: 27" in run.stdout, run.stdout[-2_000:]
    back_end.close()
    afterwards = BackEnd(daemon)
    assert afterwards.ask("GET", "/v1/visits").status == 200
    afterwards.close()
