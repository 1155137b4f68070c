"""From pictures to crossings: detector, tracker and lines, fed frame by frame."""

from collections.abc import Callable, Iterable, Sequence

from edge.counting.dwell import ZoneCounter
from edge.counting.flood import FloodGate
from edge.counting.geometry import CountingLine, PersonSize, Point
from edge.counting.health import WELL
from edge.counting.line import Crossing, LineCounter, LineRules
from edge.counting.sizing import PersonSizer, SizingRules
from edge.counting.tracker import Tracker, TrackRules, TrackUpdate
from edge.counting.zone import Zone
from edge.vision.blob import BlobDetector
from edge.vision.detector import Detection, Detector, Image
from edge.vision.flow import CrowdWatch
from edge.vision.frames import Frame
from edge.vision.health import CameraHealth
from edge.vision.view import WORKING_WIDTH, View

#: A visitor under a ceiling camera at the recommended height; used until a better size is known.
USUAL_PERSON = PersonSize(0.2, 0.3)
#: A guess from the first visitors is far better than none; it is looked at again as more come.
FIRST_SIGHT = SizingRules(least_samples=8, least_passages=2)
MAX_FPS = 15.0


class Counter:
    """Counts the crossings of some lines in the pictures of one camera.

    Pictures are BGR (height, width, 3) of any size; they are shrunk to `working_width` pixels.
    Pictures that come faster than `max_fps` are skipped. Nothing of a picture is kept beyond the
    background model in memory.

    Without a `person_size` the counter begins with `first_guess` or a usual one and learns the size
    of visitors at its lines while it counts; see `person_size`. `build_detector` makes another
    detector for a size; by default MOG2 blobs. With `is_banded` only the surroundings of the lines
    are looked at where the size is given and there are no zones; nobody is followed elsewhere.
    """

    def __init__(
        self,
        lines: Sequence[CountingLine],
        *,
        zones: Sequence[Zone] = (),
        person_size: PersonSize | None = None,
        first_guess: PersonSize | None = None,
        build_detector: Callable[[PersonSize], Detector] = BlobDetector,
        is_banded: bool = True,
        working_width: int = WORKING_WIDTH,
        max_fps: float = MAX_FPS,
        tracking: TrackRules | None = None,
        counting: LineRules | None = None,
    ) -> None:
        self.processed = 0
        self.person_size = person_size or first_guess or USUAL_PERSON
        self._lines = tuple(lines)
        #: Who is in each zone, and how long they stayed.
        self.zones = tuple(ZoneCounter(zone, self.person_size) for zone in zones)
        #: What the latest processed picture did to the tracks.
        self.latest = TrackUpdate((), ())
        self._tracking, self._counting = tracking, counting
        #: Whether the pictures can be counted in; while they cannot, nothing is.
        self.health = WELL
        self._camera_health = CameraHealth()
        self._build_detector = build_detector
        self._sizer = PersonSizer(self._lines, FIRST_SIGHT) if person_size is None else None
        self._sized_at = 0
        self._working_width = working_width
        # Zones may lie anywhere.
        self._is_banded = is_banded and not self.zones
        self._aspect = 1.0
        # A tenth of slack: 30 fps must give every second picture, whatever its timestamps'
        # rounding.
        self._least_step = 0.9 / max_fps
        self._fed_at: float | None = None
        #: Crossings of tracks that were dropped, to be given with the next picture.
        self._told: list[Crossing] = []
        #: Seen in pictures that are suspected, until they are known to be good.
        self._waiting: list[Crossing] = []
        self._gate = FloodGate()
        self._was_lurching = False
        self._begin_view()
        self._begin_tracks()

    @property
    def is_estimating(self) -> bool:
        """Whether a crowd covers a line so that its crossings are estimated, not followed."""
        return any(crowd.is_estimating for crowd in self._crowds)

    def feed(self, image: Image, at_seconds: float) -> list[Crossing]:
        """Take one picture and its instant; give the crossings that it proves, usually none.

        A picture that is not newer than the one before is ignored. What is seen while the pictures
        are suspected waits until they are known to have been good, and is dropped if they were not:
        a hand over the lens is nobody who passes.
        """
        if not self.wants(at_seconds):
            return []
        self._fed_at = at_seconds
        self.processed += 1
        picture = self._view.shrink(image)
        was_well, self.health = self.health.is_well, self._camera_health.feed(picture, at_seconds)
        if not self.health.is_well:
            settled = self._settled(self._gate.finish())
            self._waiting.clear()
            return settled
        if not was_well or (self._was_lurching and not self._view.lurches):
            # The background of before the blindness is old, and so are its light and its tracks.
            self._begin_view()
            self._told += self._drop_tracks()
            self._begin_tracks()
        self._was_lurching = self._view.lurches
        found, box = self._find(picture, at_seconds), self._view.box
        update = self.latest = self._tracker.update(
            [detection.box.placed_in(box) for detection in found],
            at_seconds,
            [number for number, detection in enumerate(found) if detection.is_part],
        )
        for zone in self.zones:
            zone.feed(update, at_seconds)
        crossings = self._told + self._pass_on(update, at_seconds)
        self._told = []
        if self._sizer is not None:
            self._learn_size(self._sizer, at_seconds)
        detector = self._detector
        return self._settled(
            self._gate.pass_on(
                crossings,
                detector.changed,
                at_seconds,
                is_flooded=detector.is_flooded or self._view.lurches,
            )
        )

    def finish(self) -> list[Crossing]:
        """Give the crossings of who was still in the picture when the source ended."""
        told = self._told + self._drop_tracks()
        self._told = []
        settled = self._settled(told + self._gate.finish())
        self._waiting.clear()
        return settled

    def _settled(self, crossings: list[Crossing]) -> list[Crossing]:
        """Return what was seen while the pictures were good; the rest waits."""
        good_until = self.health.good_until_seconds
        self._waiting += crossings
        settled = [c for c in self._waiting if c.at_seconds <= good_until]
        self._waiting = [c for c in self._waiting if c.at_seconds > good_until]
        return sorted(settled, key=lambda c: c.at_seconds)

    def wants(self, at_seconds: float) -> bool:
        """Say whether a picture of this instant would be processed; others need no decoding."""
        return self._fed_at is None or at_seconds - self._fed_at >= self._least_step

    def _begin_view(self) -> None:
        # A size is learned from visitors anywhere.
        self._view = View(
            self._lines,
            self.person_size if self._sizer is None else None,
            working_width=self._working_width,
            is_banded=self._is_banded,
        )
        self._seen = self._view.box
        self._detector = self._build_detector(self.person_size.seen_from(self._seen))

    def _find(self, picture: Image, at_seconds: float) -> list[Detection]:
        """Find the visitors in a picture of the view's size; boxes are normalised to the view."""
        self._aspect = picture.shape[1] / picture.shape[0]
        seen, box = self._view.show(picture, at_seconds), self._view.box
        if box != self._seen:
            self._seen = box
            self._detector.resize_person(self.person_size.seen_from(box))
        expected = [
            Point((p.x - box.left) / box.w, (p.y - box.top) / box.h)
            for p in self._tracker.predict(at_seconds)
        ]
        found = self._detector.detect(seen, at_seconds, expected)
        for crowd in self._crowds:
            crowd.look(self._detector, seen, box, at_seconds)
        return found

    def _pass_on(self, update: TrackUpdate, at_seconds: float) -> list[Crossing]:
        found: list[Crossing | None] = []
        for counter in self._counters:
            found += [
                counter.feed(track_id, box.at(counter.line.anchor), then)
                for track_id, then, box in update.positions
            ]
            found += [counter.forget(track_id) for track_id in update.forgotten]
        tracked = [crossing for crossing in found if crossing is not None]
        return [told for crowd in self._crowds for told in crowd.reconcile(tracked, at_seconds)]

    def _drop_tracks(self) -> list[Crossing]:
        return self._pass_on(TrackUpdate((), self._tracker.drop()), self._fed_at or 0.0)

    def _begin_tracks(self) -> None:
        self._tracker = Tracker(self.person_size, self._tracking)
        self._counters = [
            LineCounter(line, self.person_size, self._counting) for line in self._lines
        ]
        self._crowds = [CrowdWatch(line, self.person_size) for line in self._lines]
        for zone in self.zones:
            zone.restart(self.person_size)

    def _learn_size(self, sizer: PersonSizer, at_seconds: float) -> None:
        sizer.feed(self._detector.pieces, at_seconds, self._aspect)
        # Half as many samples again before the next look. A new size drops the tracks, so it waits
        # for an empty picture, unless the door is never empty.
        busy = len(self._tracker) > 0 and len(sizer) < 3 * max(self._sized_at, 40)
        if busy or len(sizer) < 1.5 * self._sized_at:
            return
        size = sizer.size()
        if size is None:
            return
        self._sized_at = len(sizer)
        if _differs(size, self.person_size):
            self.person_size = size
            self._detector.resize_person(size.seen_from(self._seen))
            self._told += self._drop_tracks()
            self._begin_tracks()


def calibrate(
    frames: Iterable[Frame],
    lines: Sequence[CountingLine],
    *,
    build_detector: Callable[[PersonSize], Detector] = BlobDetector,
    working_width: int = WORKING_WIDTH,
) -> PersonSize | None:
    """Learn the size of visitors at some lines from recorded frames; None if too few pass."""
    # Small, so that nothing is merged before its size is known.
    detector, sizer = build_detector(PersonSize(0.1, 0.15)), PersonSizer(lines)
    view = View(lines, None, working_width=working_width)
    for frame in frames:
        picture = view.show(view.shrink(frame.image), frame.at_seconds)
        detector.detect(picture, frame.at_seconds)
        sizer.feed(detector.pieces, frame.at_seconds, picture.shape[1] / picture.shape[0])
    # In a short film a guess from its few visitors is far better than none.
    return sizer.size() or sizer.size(FIRST_SIGHT)


def _differs(first: PersonSize, second: PersonSize) -> bool:
    return abs(first.growth - second.growth) > 0.25 or any(
        abs(a / b - 1) > 0.1
        for a, b in ((first.w, second.w), (first.h, second.h), (first.fill, second.fill))
    )
