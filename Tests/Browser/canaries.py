"""What must not be found where a daemon has been, whatever the test was about: everything that the
tests' clients and back ends send is looked for in the log, in the metrics and in the database."""

import json
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

#: Of people: in the database they stand in the side table, and nowhere else.
PERSONAL = {"name", "given_name", "family_name", "phone", "email", "heading", "description"}
#: Of nobody's concern: on no disk at all.
SECRET = {"token", "secret", "resume_secret"}
#: Words of each kind that are looked for.
MOST = 500
#: Shorter words are found by chance.
SHORTEST = 6
#: What cannot be told from the messages alone, as browsers send it: tokens, and session descriptions.
FORMS = re.compile(rb"eyJ[\w-]{8,}\.eyJ|a=ice-(?:ufrag|pwd)|a=fingerprint|a=candidate|candidate:\d")
WORD = re.compile(r"[a-z]+(_[a-z]+)*")
PASSWORD = re.compile(r"^a=ice-pwd:(\S+)", re.MULTILINE)


class Canaries:
    """What was sent to one daemon."""

    def __init__(self):
        #: In the order in which they came; of many, the newest.
        self.personal: dict[str, None] = {}
        self.secret: dict[str, None] = {}

    def note(self, value, method: str = ""):
        """Takes down what a message or a body holds."""
        if isinstance(value, list):
            for element in value:
                self.note(element, method)
        if not isinstance(value, dict):
            return
        for name, inner in value.items():
            if not isinstance(inner, str):
                # What a client says of itself, and what units and types are called, is nobody's name.
                if name not in ("client", "units", "visit_types"):
                    self.note(inner, method)
            elif name in PERSONAL:
                self._add(self.personal, inner)
            elif name in SECRET or (name == "invite" and "." in inner):
                self._add(self.secret, inner)
            elif name == "text" and method == "chat.send":
                self._add(self.secret, inner)
            elif name == "offer":
                for password in PASSWORD.findall(inner):
                    self._add(self.secret, password)

    def watch(self, secret: str):
        """Takes down something that is to be on no disk."""
        self._add(self.secret, secret)

    def _add(self, kind: dict[str, None], text: str):
        # What looks like a word of the protocol is no name, even where a test gives it to people.
        if len(text) < SHORTEST or (kind is self.personal and WORD.fullmatch(text)):
            return
        # Numbers as the daemon writes them.
        digits = re.sub(r"[\s-]", "", text)
        kind["+46" + digits[1:] if re.fullmatch(r"0\d{6,}", digits) else text] = None
        while len(kind) > MOST:
            del kind[next(iter(kind))]

    # Looking

    def seek(self, place: str, data: bytes, personal: bool = True):
        """No canary stands in this."""
        words = [*self.secret, *(self.personal if personal else ())]
        found = [word for word in words if word.encode() in data]
        found += [match.decode() for match in FORMS.findall(data)[:3]]
        assert not found, f"{place} holds {found[:5]}"

    def seek_in_state(self, state: Path):
        """No canary stands in the files of a daemon that has ended, but for personal fields in the
        side table that is for them. They are looked at in a copy: what a crash has left is for the
        daemon to find."""
        for file in state.iterdir():
            if file.is_file() and file.name.startswith("samtal.db"):
                self.seek(file.name, file.read_bytes(), personal=False)
        if not (state / "samtal.db").exists():
            return
        with tempfile.TemporaryDirectory() as folder:
            for name in ("samtal.db", "samtal.db-wal"):
                if (state / name).exists():
                    shutil.copy(state / name, folder)
            with closing(sqlite3.connect(Path(folder) / "samtal.db")) as database:
                for table, in database.execute(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'personal'"
                ).fetchall():
                    rows = database.execute(f"SELECT * FROM {table}").fetchall()
                    self.seek(f"the table {table}", json.dumps(
                        rows, ensure_ascii=False, default=bytes.hex).encode())
