"""Solids of a few faces with colours at their corners, and how they become a GLB.

Millimetres here, metres in the file: x to the right of the card, y out of the paper, z towards its
lower edge; the origin is the card's middle. Each face has corners of its own, so that edges stay
sharp. Source: glTF 2.0 §3.7.2 (meshes), §4 (GLB).
"""

import json
import math
import struct
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from examples.packs.jiading.canvas import Colour, darker, lighter

Place = tuple[float, float, float]


class Solid:
    """A model that is being put together."""

    def __init__(self) -> None:
        self._corners: list[Place] = []
        self._colours: list[Colour] = []
        self._faces: list[tuple[int, ...]] = []

    def face(self, corners: Sequence[Place], colour: Colour) -> None:
        """Add a flat face, its corners counter-clockwise from outside."""
        first = len(self._corners)
        self._corners += corners
        self._colours += [colour] * len(corners)
        self._faces.append(tuple(range(first, first + len(corners))))

    def box(self, x: float, y: float, z: float, size: Place, colour: Colour) -> None:
        """Add a box that stands on height `y`, its foot's middle at (x, z)."""
        wide, high, deep = size
        self.frustum(x, y, z, (wide, deep), (wide, deep), high, colour)

    def frustum(
        self,
        x: float,
        y: float,
        z: float,
        foot: tuple[float, float],
        top: tuple[float, float],
        high: float,
        colour: Colour,
    ) -> None:
        """Add a box that gets narrower or wider; sides to and from the viewer differ in tone."""
        rings = []
        for (wide, deep), level in ((foot, y), (top, y + high)):
            half_x, half_z = wide / 2, deep / 2
            rings.append(
                [
                    (x - half_x, level, z + half_z),
                    (x + half_x, level, z + half_z),
                    (x + half_x, level, z - half_z),
                    (x - half_x, level, z - half_z),
                ]
            )
        low, up = rings
        tones = (colour, darker(colour, 0.12), darker(colour, 0.2), lighter(colour, 0.06))
        for index, tone in enumerate(tones):
            after = (index + 1) % 4
            self.face([low[index], low[after], up[after], up[index]], tone)
        if min(top) > 0:
            self.face(up, lighter(colour, 0.12))

    def column(
        self,
        x: float,
        y: float,
        z: float,
        radius: float,
        high: float,
        colour: Colour,
        sides: int = 8,
    ) -> None:
        """Add an upright column with a flat top."""
        ring = _ring(x, z, radius, sides)
        for index in range(sides):
            (x0, z0), (x1, z1) = ring[index], ring[(index + 1) % sides]
            tone = darker(colour, 0.22 * (0.5 + 0.5 * math.cos(2 * math.pi * index / sides)))
            self.face([(x0, y, z0), (x1, y, z1), (x1, y + high, z1), (x0, y + high, z0)], tone)
        self.face([(a, y + high, b) for a, b in ring], lighter(colour, 0.1))

    def tree(self, x: float, y: float, z: float, radius: float, colour: Colour) -> None:
        """Add a tree: a trunk and a crown of a few heaps."""
        self.column(x, y, z, radius * 0.16, radius * 1.1, (92, 74, 58), 6)
        for off_x, off_y, off_z, size in (
            (0, 0.8, 0, 1.0),
            (-0.6, 0.9, 0.3, 0.7),
            (0.6, 1.0, -0.2, 0.75),
            (0.1, 1.5, 0.1, 0.75),
        ):
            wide = 2 * size * radius
            foot = (x + off_x * radius, y + off_y * radius, z + off_z * radius)
            self.frustum(*foot, (wide * 0.55, wide * 0.55), (wide, wide), wide * 0.32, colour)
            above = (foot[0], foot[1] + wide * 0.32, foot[2])
            self.frustum(
                *above, (wide, wide), (wide * 0.4, wide * 0.4), wide * 0.36, lighter(colour, 0.08)
            )

    def hip_roof(
        self,
        x: float,
        y: float,
        z: float,
        eave: tuple[float, float],
        ridge: float,
        high: float,
        colour: Colour,
        *,
        lift: float = 2.0,
        is_fine: bool = True,
    ) -> None:
        """Add a roof of four curved slopes whose corners turn up; `ridge` is the ridge's length.

        One that is not fine has half of the faces.
        """
        levels = []
        steps = 5 if is_fine else 3
        stripes = (9, 5) if is_fine else (4, 4)
        for step in range(steps + 1):
            share = step / steps
            # Steep at the ridge, flat at the eave.
            half_x = ridge / 2 + (eave[0] - ridge) / 2 * share
            half_z = eave[1] / 2 * share
            level = y + high * (1 - share) ** 1.6
            levels.append((half_x, half_z, level, lift * share**4))
        for (x0, z0, y0, up0), (x1, z1, y1, up1) in pairwise(levels):
            for turn in range(4):
                self._slope(
                    x, z, (x0, z0, y0, up0), (x1, z1, y1, up1), turn, stripes[turn % 2], colour
                )
        half_x, half_z, level, _up = levels[-1]
        under = [
            (x + share_x * half_x * 0.97, level - 0.1, z + share_z * half_z * 0.97)
            for share_x, share_z in ((-1, 1), (-1, -1), (1, -1), (1, 1))
        ]
        self.face(under, darker(colour, 0.5))
        self.box(x, y + high - 0.4, z, (ridge + 2, 1.6, 1.4), darker(colour, 0.35))
        for side in (-1, 1):
            self.frustum(
                x + side * (ridge / 2 + 0.6),
                y + high,
                z,
                (1.6, 1.6),
                (0.5, 0.8),
                3.2,
                darker(colour, 0.3),
            )

    def _slope(
        self,
        x: float,
        z: float,
        upper: tuple[float, float, float, float],
        lower: tuple[float, float, float, float],
        turn: int,
        stripes: int,
        colour: Colour,
    ) -> None:
        """Add one strip of one slope, in stripes as rows of tiles are."""
        for index in range(stripes):
            quad: list[Place] = []
            for (half_x, half_z, level, up), shares in (
                (lower, (index, index + 1)),
                (upper, (index + 1, index)),
            ):
                for share in shares:
                    along = 2 * share / stripes - 1
                    height = level + up * abs(along) ** 3
                    match turn:
                        case 0:
                            quad.append((x + along * half_x, height, z + half_z))
                        case 1:
                            quad.append((x + half_x, height, z - along * half_z))
                        case 2:
                            quad.append((x - along * half_x, height, z - half_z))
                        case _:
                            quad.append((x - half_x, height, z + along * half_z))
            tone = colour if index % 2 else darker(colour, 0.22)
            self.face(
                quad, (tone, darker(tone, 0.12), darker(tone, 0.2), lighter(tone, 0.06))[turn]
            )

    def strip(
        self, left: Sequence[Place], right: Sequence[Place], colours: Sequence[Colour]
    ) -> None:
        """Add a band between two lines; its colours take turns."""
        edges = list(zip(left, right, strict=True))
        for index, ((a, b), (c, d)) in enumerate(pairwise(edges)):
            self.face([a, b, d, c], colours[index % len(colours)])

    def glb(self) -> bytes:
        """Return the model as a GLB."""
        corners = np.array(self._corners, np.float32) / np.float32(1000)
        normals = np.zeros_like(corners)
        triangles: list[tuple[int, int, int]] = []
        for face in self._faces:
            triangles += [(face[0], face[i], face[i + 1]) for i in range(1, len(face) - 1)]
            normals[list(face)] = _normal(corners[list(face)])
        indices = np.array(triangles, np.uint16).ravel()
        return _container(corners, normals, _linear(self._colours), indices)


def _ring(x: float, z: float, radius: float, sides: int) -> list[tuple[float, float]]:
    angles = [-2 * math.pi * index / sides for index in range(sides)]
    return [(x + radius * math.cos(a), z + radius * math.sin(a)) for a in angles]


def _normal(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a face's normal by Newell's sum, which bears corners that fall together."""
    after = np.roll(corners, -1, axis=0)
    total = np.cross(corners, after).sum(axis=0)
    length = float(np.linalg.norm(total))
    if length < 1e-15:
        return np.array([0, 1, 0], np.float32)
    normal: NDArray[np.float32] = (total / length).astype(np.float32)
    return normal


def _linear(colours: Sequence[Colour]) -> NDArray[np.uint8]:
    """Return colours as glTF has them: linear light, with full cover."""
    shares = np.array(colours, np.float64) / 255
    light = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    full = np.full((len(colours), 1), 255)
    return np.hstack([np.round(light * 255), full]).astype(np.uint8)


def _container(
    corners: NDArray[np.float32],
    normals: NDArray[np.float32],
    colours: NDArray[np.uint8],
    indices: NDArray[np.uint16],
) -> bytes:
    count = len(corners)
    parts = [corners.tobytes(), normals.tobytes(), colours.tobytes(), indices.tobytes()]
    offsets = [sum(len(part) for part in parts[:index]) for index in range(4)]
    binary = b"".join(parts)
    binary += bytes(-len(binary) % 4)
    model = {
        "asset": {"version": "2.0", "generator": "Kaiguan"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "materials": [
            {
                "doubleSided": True,
                "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.9},
            }
        ],
        "meshes": [
            {
                "primitives": [
                    {
                        "attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2},
                        "indices": 3,
                        "material": 0,
                    }
                ]
            }
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": count,
                "type": "VEC3",
                "min": [float(value) for value in corners.min(axis=0)],
                "max": [float(value) for value in corners.max(axis=0)],
            },
            {"bufferView": 1, "componentType": 5126, "count": count, "type": "VEC3"},
            {
                "bufferView": 2,
                "componentType": 5121,
                "normalized": True,
                "count": count,
                "type": "VEC4",
            },
            {"bufferView": 3, "componentType": 5123, "count": len(indices), "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": offset, "byteLength": len(part), "target": target}
            for offset, part, target in zip(
                offsets, parts, (34962, 34962, 34962, 34963), strict=True
            )
        ],
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(model, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    body += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
