"""Tiny networks in the ONNX format, written byte by byte: what a detector's model file may hold.

Only the few fields of `onnx.proto` (IR version 8, opset 13) that a runtime needs. A tensor is
float32 or int64; a node's attributes are lists of integers or one integer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7
_ATTRIBUTE_INT, _ATTRIBUTE_INTS = 2, 7


@dataclass
class Graph:
    """Nodes in order, with constants by name; it turns `images` into `output`."""

    input_shape: Sequence[int]
    output_shape: Sequence[int]
    nodes: list[bytes] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        """Append a node."""
        parts = [_text(1, name) for name in inputs] + [_text(2, output), _text(4, kind)]
        for name, value in attributes.items():
            is_list = isinstance(value, list)
            told = b"".join(_number(8, v) for v in value) if is_list else _number(3, value)
            mark = _number(20, _ATTRIBUTE_INTS if is_list else _ATTRIBUTE_INT)
            parts.append(_bytes(5, _text(1, name) + told + mark))
        self.nodes.append(b"".join(parts))

    def to_bytes(self) -> bytes:
        """Return the file."""
        graph = b"".join(_bytes(1, node) for node in self.nodes) + _text(2, "tiny")
        graph += b"".join(_bytes(5, _tensor(n, array)) for n, array in self.constants.items())
        graph += _bytes(11, _value("images", self.input_shape))
        graph += _bytes(12, _value("output", self.output_shape))
        return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 13))


def constant_net(output: NDArray[np.float32], side: int) -> bytes:
    """Return a net that answers any picture of side x side with this output."""
    graph = Graph((1, 3, side, side), output.shape)
    graph.constants = {
        # A convolution, and no sum over all axes: OpenCV 4 crashes on one.
        "nothing": np.zeros((1, 3, side, side), np.float32),
        "answer": output,
        "one": np.array([1], np.int64) if output.ndim == 1 else np.ones(output.ndim, np.int64),
    }
    graph.add("Conv", ["images", "nothing"], "sum", kernel_shape=[side, side])
    graph.add("Reshape", ["sum", "one"], "zero")
    graph.add("Add", ["zero", "answer"], "output")
    return graph.to_bytes()


def dark_net(side: int, width: int, height: int, stride: int = 4) -> bytes:
    """Return a YOLOv8-like net of one class: a box of this size wherever all of it is dark.

    Its score is one less the mean brightness of the box.
    """
    columns, rows = (side - width) // stride + 1, (side - height) // stride + 1
    y, x = np.mgrid[0:rows, 0:columns] * stride
    boxes = np.zeros((1, 4, rows * columns), np.float32)
    boxes[0, 0], boxes[0, 1] = x.ravel() + width / 2, y.ravel() + height / 2
    boxes[0, 2], boxes[0, 3] = width, height
    graph = Graph((1, 3, side, side), (1, 5, rows * columns))
    graph.constants = {
        "weights": np.full((1, 3, height, width), -1 / (3 * height * width), np.float32),
        "bias": np.ones(1, np.float32),
        "row": np.array([1, 1, rows * columns], np.int64),
        "boxes": boxes,
    }
    shape = {"kernel_shape": [height, width], "strides": [stride, stride], "pads": [0, 0, 0, 0]}
    graph.add("Conv", ["images", "weights", "bias"], "map", **shape)
    graph.add("Reshape", ["map", "row"], "scores")
    graph.add("Concat", ["boxes", "scores"], "output", axis=1)
    return graph.to_bytes()


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(content)) + content


def _text(tag: int, text: str) -> bytes:
    return _bytes(tag, text.encode())


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    kind = FLOAT if array.dtype == np.float32 else INT64
    dims = b"".join(_number(1, size) for size in array.shape)
    return dims + _number(2, kind) + _text(8, name) + _bytes(9, array.tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))
