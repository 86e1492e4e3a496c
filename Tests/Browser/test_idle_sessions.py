"""Ten thousand people who wait and do nothing: what each costs the daemon in memory."""

import resource

from clinic import Clinic
from crowd import Crowd

SESSIONS = 10_000
BYTES_EACH = 32_768


def memory(process: int) -> int:
    """Bytes of memory that the process holds for itself (proc(5))."""
    with open(f"/proc/{process}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["RssAnon"].split()[0]) * 1_024


def test_ten_thousand_idle_sessions_take_32_kib_each_at_most(clinic: Clinic, record_property):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * SESSIONS), hard))
    process, port = clinic.daemon.process, clinic.daemon.http_port
    crowd, before = Crowd(port), memory(clinic.daemon.process)
    try:
        for number in range(SESSIONS):
            token = clinic.token(f"per_idle-{number}", "staff", name="Astrid Ek")
            assert "result" in crowd.add(token)
            if number % 50 == 0:
                crowd.listen()
        # Everybody is pinged at least once and stays.
        clinic.daemon.until(lambda: clinic.daemon.total("samtal_sessions") == SESSIONS)
        for _ in range(60):
            crowd.listen(0.5)
        each = (memory(process) - before) / SESSIONS
        record_property("bytes_each", round(each))
        print(f"{each:.0f} bytes of memory for each of {SESSIONS} idle sessions")
        assert crowd.lost == 0 and len(crowd) == SESSIONS
        assert each <= BYTES_EACH
    finally:
        crowd.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
