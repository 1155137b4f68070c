"""A camera's screen for tests: drawn cards with a marker each, and an eye that finds those."""

import base64
import json
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from contracts.hours import Text
from examples.ar_scenes.view import Placed
from examples.demo.postcard_film import Card, PostcardFilm
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.frames import Frame, FrameSource, Image, SyntheticSource
from kiosk.ar.sight import Hint, Seen, Sight
from kiosk.errors import CameraLost
from kiosk.session.exhibit import Exhibit
from kiosk.session.screen import Lang
from kiosk.web.ar.looking import Camera, Eye
from kiosk.web.ar.message import Anchor, Pin
from kiosk.web.ar.stream import Looks
from kiosk.web.ar.view import ArView
from tests.flows.looking import BRIDGE, GATE

WIDTH_MM, HEIGHT_MM = 148.0, 103.6
ROWS, COLUMNS = 700, 1000
MARKER = (220, 70, 560)
"""Left, top and side of a card's marker, in its pixels."""
DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_100)
KEYS = (GATE.key, BRIDGE.key)
MODEL = "/ar/media/jiading/1/gate.glb"
BITS, BLOCK = 10, 8
"""A frame's number in its upper left corner, a block of pixels a bit."""
ID_JS = f"""(canvas) => {{
  const data = canvas.getContext("2d").getImageData(0, 0, {BITS * BLOCK}, {BLOCK}).data;
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit++) {{
    const at = 4 * ({BLOCK // 2} * {BITS * BLOCK} + bit * {BLOCK} + {BLOCK // 2});
    number |= (data[at + 1] > 128) << bit;
  }}
  return number;
}}"""
COLLECT = f"""() => {{
  const view = document.querySelector("ar-view");
  const id = {ID_JS};
  window.drawn = [];
  view.addEventListener("drawn", (event) => window.drawn.push({{
    id: id(view.picture), at: performance.timeOrigin + performance.now(), head: event.detail }}));
}}"""
"""Has a page note each frame that it draws, with the number in its corner."""
BOX_MM = (40.0, 30.0, 20.0)
"""Width, height out of the paper and depth of the box that is a model."""
SOFTWARE_GL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""Has Chromium draw in space without a graphics card."""
AFTER_A_FRAME = """() => new Promise((done) => {
  const view = document.querySelector("ar-view");
  const canvas = view.shadowRoot.getElementById("models");
  view.addEventListener("drawn", () => done(canvas.toDataURL()), { once: true });
})"""
"""Gives the models that are drawn, as the address of a PNG."""


def a_card(number: int) -> Card:
    """Draw a card that has marker `number` in its middle."""
    picture = np.full((ROWS, COLUMNS, 3), 245, np.uint8)
    rng = np.random.default_rng(number)
    for _ in range(60):
        colour = tuple(int(value) for value in rng.integers(0, 255, 3))
        x, y, wide, high = (int(value) for value in rng.integers(0, 700, 4))
        cv2.rectangle(picture, (x, y), (x + wide // 4, y + high // 4), colour, -1)
    left, top, side = MARKER
    marker = cv2.aruco.generateImageMarker(DICTIONARY, number, side)
    picture[top - 30 : top + side + 30, left - 30 : left + side + 30] = 255
    picture[top : top + side, left : left + side] = marker[..., None]
    return Card(KEYS[number], picture, WIDTH_MM)


CARDS: tuple[Card, ...] = tuple(a_card(number) for number in range(len(KEYS)))


class MarkerEye:
    """Finds cards by their markers; exact enough to judge what is drawn by."""

    def __init__(self, model: CameraModel) -> None:
        self._model = model
        how = cv2.aruco.DetectorParameters()
        how.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        self._finder = cv2.aruco.ArucoDetector(DICTIONARY, how)
        self.is_closed = False
        self.shape: tuple[int, ...] = ()
        """Of the last frame that it looked at."""

    def step(self, frame: Frame) -> Sight:
        self.shape = frame.image.shape
        found, numbers, _ = self._finder.detectMarkers(frame.image)
        seen = [
            self._seen(KEYS[int(number)], np.asarray(quad, np.float64).reshape(4, 2))
            for quad, number in zip(found, () if numbers is None else numbers.ravel(), strict=True)
            if int(number) < len(KEYS)
        ]
        return Sight(frame.number, tuple(seen), Hint.NONE if seen else Hint.SEARCHING)

    def close(self) -> None:
        self.is_closed = True

    def _seen(self, key: str, quad: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> Seen:
        left, top, side = MARKER
        mm = WIDTH_MM / COLUMNS
        x0, y0, s = left * mm, top * mm, side * mm
        flat = np.array([[x0, y0], [x0 + s, y0], [x0 + s, y0 + s], [x0, y0 + s]])
        points = np.column_stack([flat, np.zeros(4)])
        _, turn, move = cv2.solvePnP(
            points, quad, self._model.matrix, self._model.coefficients, flags=cv2.SOLVEPNP_IPPE
        )
        rotation = np.asarray(cv2.Rodrigues(turn)[0], np.float64)
        moved = np.asarray(move, np.float64).ravel()
        plane = np.column_stack([rotation[:, :2], moved])
        homography = self._model.matrix @ plane
        w, h = WIDTH_MM, HEIGHT_MM
        edge = np.array([[[0, 0], [w, 0], [w, h], [0, h]]], np.float64)
        corners = np.asarray(cv2.perspectiveTransform(edge, homography)[0], np.float64)
        return Seen(key, corners, homography, rotation, moved, 1.0, is_marker=True)


@dataclass
class FakeExhibits:
    """Two exhibits; the first has a hotspot and a model."""

    exhibits: Mapping[str, Exhibit] = field(
        default_factory=lambda: {GATE.key: GATE, BRIDGE.key: BRIDGE}
    )
    anchors: Mapping[str, Anchor] = field(
        default_factory=lambda: {
            GATE.key: Anchor(
                GATE.key,
                GATE.title,
                (WIDTH_MM, HEIGHT_MM),
                (Pin("lions", Text("石狮", "Stone lions"), (110.0, 70.0, 25.0)),),
                MODEL,
            ),
            BRIDGE.key: Anchor(BRIDGE.key, BRIDGE.title, (WIDTH_MM, HEIGHT_MM)),
        }
    )
    eyes: list[MarkerEye] = field(default_factory=list)
    media: dict[str, tuple[bytes, str]] = field(
        default_factory=lambda: {"gate.glb": (a_box(), "model/gltf-binary")}
    )

    def open_eye(self, model: CameraModel) -> Eye:
        self.eyes.append(MarkerEye(model))
        return self.eyes[-1]

    def refresh(self) -> bool:
        return False

    def spoken(self, key: str, lang: Lang) -> tuple[bytes, str] | None:
        return (b"OggS " + lang.encode(), "audio/ogg") if key == GATE.key else None

    def medium(self, pack: str, version: int, name: str) -> tuple[bytes, str] | None:
        return self.media.get(name) if (pack, version) == ("jiading", 1) else None


def a_box(size_mm: Sequence[float] = BOX_MM) -> bytes:
    """Make a glTF binary of a magenta box that stands in the middle, without light on it."""
    w, h, d = (side / 1000 for side in size_mm)
    corners = [(x, y, z) for x in (-w / 2, w / 2) for y in (0.0, h) for z in (-d / 2, d / 2)]
    faces = (
        *(0, 1, 3, 0, 3, 2, 4, 6, 7, 4, 7, 5, 0, 4, 5, 0, 5, 1),
        *(2, 3, 7, 2, 7, 6, 0, 2, 6, 0, 6, 4, 1, 5, 7, 1, 7, 3),
    )
    points = b"".join(struct.pack("<3f", *corner) for corner in corners)
    order = struct.pack(f"<{len(faces)}H", *faces)
    content = points + order + b"\0" * (-len(order) % 4)
    told = {
        "asset": {"version": "2.0"},
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [
            {
                "doubleSided": True,
                "extensions": {"KHR_materials_unlit": {}},
                "pbrMetallicRoughness": {"baseColorFactor": [1, 0, 1, 1]},
            }
        ],
        "buffers": [{"byteLength": len(content)}],
        "bufferViews": [
            {"buffer": 0, "byteLength": len(points)},
            {"buffer": 0, "byteOffset": len(points), "byteLength": len(order)},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 8,
                "type": "VEC3",
                "min": [-w / 2, 0, -d / 2],
                "max": [w / 2, h, d / 2],
            },
            {"bufferView": 1, "componentType": 5123, "count": len(faces), "type": "SCALAR"},
        ],
    }
    head = json.dumps(told).encode()
    head += b" " * (-len(head) % 4)
    total = 12 + 8 + len(head) + 8 + len(content)
    return (
        struct.pack("<4sII", b"glTF", 2, total)
        + struct.pack("<I4s", len(head), b"JSON")
        + head
        + struct.pack("<I4s", len(content), b"BIN\0")
        + content
    )


def seen_at(
    camera: CameraModel, held: Placed, at_mm: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Return the pixel of a place on a card: right, down, and up out of the paper."""
    x, y, up = at_mm
    found, _ = cv2.projectPoints(
        np.array([[x, y, -up]]),
        cv2.Rodrigues(held.rotation)[0],
        held.translation,
        camera.matrix,
        None,
    )
    return np.asarray(found, np.float64).reshape(2)


def box_seen(
    camera: CameraModel, held: Placed, shape: tuple[int, int], scale: float
) -> NDArray[np.bool_]:
    """Tell which pixels (h, w) show the box in a card's middle, a frame's `scale` times as many."""
    w, h, d = BOX_MM
    corners = np.array(
        [
            seen_at(camera, held, (WIDTH_MM / 2 + x, HEIGHT_MM / 2 + y, up))
            for x in (-w / 2, w / 2)
            for y in (-d / 2, d / 2)
            for up in (0.0, h)
        ]
    )
    hull = cv2.convexHull(((corners + 0.5) * scale * 16 - 8).round().astype(np.int32))
    drawn = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(drawn, hull, (255,), cv2.LINE_8, 4)
    return np.asarray(drawn > 0)


def png_of(address: str) -> Image:
    """Return what a canvas gives as the address of a PNG: (height, width, 4) RGBA."""
    data = np.frombuffer(base64.b64decode(address.partition(",")[2]), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert image is not None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA), np.uint8)


def stamped(image: Image, number: int) -> Image:
    """Write a number into a picture's corner."""
    for bit in range(BITS):
        value = 255 if number >> bit & 1 else 0
        image[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = value
    return image


@dataclass
class StampedFilm:
    """A film whose every picture says which it is; `at` are their instants in the film."""

    film: PostcardFilm
    began: float = 0.0
    at: list[float] = field(default_factory=list)
    read_at: list[float] = field(default_factory=list)
    """When each was drawn, Unix seconds."""

    @property
    def size(self) -> tuple[int, int]:
        return self.film.size

    def picture(self, seconds: float) -> Image:
        self.at.append(self.began + seconds)
        self.read_at.append(time.time())
        return stamped(self.film.picture(self.began + seconds), (len(self.at) - 1) % (1 << BITS))

    def held(self, number: int) -> Placed | None:
        return self.film.held(self.at[number])


@dataclass
class Watched:
    """A source that tells whether it is open."""

    source: FrameSource
    opened_at: float = field(default_factory=time.monotonic)
    closed_at: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.source.size

    def read(self) -> Frame | None:
        return self.source.read()

    def close(self) -> None:
        self.closed_at = self.closed_at or time.monotonic()
        self.source.close()


@dataclass
class Room:
    """A kiosk with a film as its camera."""

    film: StampedFilm
    exhibits: FakeExhibits = field(default_factory=FakeExhibits)
    opened: list[Watched] = field(default_factory=list)
    fails: bool = False

    def open(self) -> FrameSource:
        if self.fails:
            raise CameraLost("camera 0: cannot be opened, or gives no picture")
        self.opened.append(Watched(SyntheticSource(self.film)))
        return self.opened[-1]

    def view(self) -> ArView:
        return ArView(self.exhibits, Looks(Camera(self.open, self.model), self.model))

    def model(self, size: tuple[int, int]) -> CameraModel:
        assert size == self.film.size
        return self.film.film.camera

    @property
    def is_on(self) -> bool:
        return any(one.closed_at is None for one in self.opened)


def moving() -> Room:
    return Room(StampedFilm(PostcardFilm(CARDS), began=1.5))


def still() -> Room:
    return Room(StampedFilm(PostcardFilm(CARDS[:1], is_still=True, tilt_degrees=40), began=2.0))


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> float:
    """Wait for something, and return how long it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - began


def y4m(path: Path, film: StampedFilm, count: int) -> None:
    """Write a film as raw video, as Chromium's fake camera takes it."""
    width, height = film.size
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(count):
            planes = cv2.cvtColor(film.picture(number / 30), cv2.COLOR_BGR2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())
