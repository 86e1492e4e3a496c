"""One person at a browser of their own, whose camera shows bar codes and whose microphone beeps."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

import media
import schemas
from daemon import ROOT

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]
PROBE = (Path(__file__).parent / "probe.js").read_text()
#: Milliseconds in which anything that is waited for has to come.
PATIENCE = 15_000


def launch(
    playwright: Playwright, publisher: int, *flags: str, executable: str = CHROMIUM
) -> Browser:
    """A browser whose devices play this publisher's film and sound."""
    film, sound = media.prepare(ROOT / ".build/browser-media", publisher)
    return playwright.chromium.launch(
        executable_path=executable,
        args=[
            *FLAGS,
            f"--use-file-for-fake-video-capture={film}",
            f"--use-file-for-fake-audio-capture={sound}",
            *flags,
        ],
    )


class Visitor:
    """A page in a context of its own: nothing is left of it for the next test."""

    def __init__(self, browser: Browser, publisher: int):
        self.publisher = publisher
        # Small, as every pixel is painted by the processor that the call runs on.
        self.context = browser.new_context(
            locale="sv-SE", viewport={"width": 800, "height": 480}
        )
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self._origin = ""
        self.page.add_init_script(PROBE)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note_foreign_requests)
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._check_message))

    def _note_foreign_requests(self, request):
        if not request.url.startswith((self._origin, "about:")):
            self.errors.append(f"asked a foreign host: {request.url}")

    def _check_message(self, text):
        """What a page is told is of the form that the daemon describes."""
        try:
            schemas.check(json.loads(text))
        except Exception as fault:
            self.errors.append(f"{fault}")

    def evaluate(self, expression: str):
        return self.page.evaluate(expression)

    def until(self, condition: str, patience: int = PATIENCE):
        """Waits until a JavaScript expression is true, and gives its value."""
        value = self.page.evaluate(
            """() => new Promise((resolve) => {
                 const giveUp = performance.now() + %d;
                 const look = async () => {
                   let value = null;
                   try { value = await (%s); } catch {}
                   if (value || performance.now() > giveUp) resolve(value);
                   else setTimeout(look, 20);
                 };
                 look();
               })"""
            % (patience, condition)
        )
        assert value, f"{self.place} never came to: {condition}\n{self.describe()}"
        return value

    @property
    def place(self) -> str:
        """Which view the page shows: notice, door, lobby or call."""
        return self.evaluate("document.body.dataset.view ?? ''")

    def describe(self) -> str:
        """What a failing test wants to know of the page."""
        seen = "document.querySelector('main').innerText"
        return f"errors: {self.errors}\npage: {self.evaluate(seen)!r}"

    def until_place(self, place: str, patience: int = PATIENCE):
        self.until(f"document.body.dataset.view === {place!r}", patience)

    def open(self, link: str):
        """Opens a link, up to the door."""
        self._origin = link.partition("/call")[0]
        # Another fragment alone would make the page load itself again under our feet.
        self.page.goto("about:blank")
        self.page.goto(link)
        self.until_place("door")
        assert "#" not in self.page.url, "the secret stays in the address bar"

    def knock(self, link: str):
        """Opens a link and waits in the lobby, with the transport up."""
        self.open(link)
        self.page.click("#join")
        self.until_place("lobby")
        self.until_connected()

    def join(self, link: str):
        """Opens a link that leads straight into the call."""
        self.open(link)
        self.page.click("#join")
        self.until_place("call")
        self.until_connected()

    def until_connected(self):
        self.until("samtal.media?.connection.connectionState === 'connected'")
        self.evaluate("probe.start()")

    def admit(self) -> float:
        """As staff: lets in the first who waits; gives the wall time of the click, in ms."""
        self.until("document.querySelector('#waiting .admit')")
        return self.evaluate(
            """() => {
                 const at = performance.timeOrigin + performance.now();
                 document.querySelector('#waiting .admit').click();
                 return at;
               }"""
        )

    def until_sees(self, *publishers: int):
        """Waits until frames of all these are on the screen, decoded and whole."""
        self.until(
            f"{json.dumps(publishers)}.every((wanted) => probe.frames.some("
            "(frame) => frame.publisher === wanted && frame.isSeen))"
        )

    def until_hears(self, *publishers: int):
        self.until(
            f"{json.dumps(publishers)}.every((wanted) => probe.tones.some("
            "(tone) => tone.publisher === wanted))"
        )

    def forget(self):
        """Starts the records of pictures and tones afresh."""
        self.evaluate("probe.frames.length = probe.decoded.length = probe.tones.length = 0")

    def counters(self) -> dict:
        """How often this page's media was negotiated."""
        return self.evaluate("({ ...samtal.media.counters })")

    def packets(self) -> dict:
        return self.evaluate("probe.packets()")

    def own_id(self) -> str:
        """The participant that this person is."""
        return self.evaluate("[...samtal.roster.values()].find((person) => person.you).id")

    def name_of(self, participant: str) -> str:
        """What this page calls somebody."""
        return self.evaluate(f"samtal.roster.get({participant!r}).name")

    def request(self, method: str, params: dict | None = None):
        """Sends a request on the page's own session."""
        call = f"samtal.session.request({method!r}, {json.dumps(params or {})})"
        return self.evaluate(
            f"{call}.then((result) => ({{ result }}), ({{ reason }}) => ({{ reason }}))"
        )

    def close(self):
        self.context.close()
