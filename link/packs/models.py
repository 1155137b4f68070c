"""Whether a glTF model is sound: before a browser's loader or a graphics card meets it. Pure.

Looked at are the binary container (GLB), that nothing points outside of it, that every view, every
accessor and every index lies within what it is taken from, and that nothing loops.
Source: Khronos, glTF 2.0 specification, §3.6 (buffers), §3.7 (geometry), §4 (GLB).
"""

import struct
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from contracts.decoding import UNREADABLE
from link.packs.pictures import check_picture
from link.packs.refusal import PackRefused

MOST_VERTICES: Final = 300_000
MOST_INDICES: Final = 1_500_000
MOST_THINGS: Final = 5_000
"""Of one kind: nodes, meshes, accessors."""

KNOWN_EXTENSIONS: Final = frozenset(
    {"KHR_materials_unlit", "KHR_mesh_quantization", "KHR_texture_transform"}
)
"""What a model may need; compressed geometry needs a decoder that the page has not."""

_MAGIC: Final = 0x46546C67
_JSON: Final = 0x4E4F534A
_BIN: Final = 0x004E4942
_SIZES: Final = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_INDEX_CODES: Final[dict[int, Literal["B", "H", "I"]]] = {5121: "B", 5123: "H", 5125: "I"}

Whole = Annotated[int, Meta(ge=0, le=2**31)]


class _Asset(Struct):
    version: str


class _Buffer(Struct, rename="camel"):
    byte_length: Whole
    uri: Any = None


class _View(Struct, rename="camel"):
    buffer: Whole
    byte_length: Annotated[int, Meta(ge=1, le=2**31)]
    byte_offset: Whole = 0
    byte_stride: Annotated[int, Meta(ge=4, le=252)] | None = None


class _Accessor(Struct, rename="camel"):
    component_type: int
    count: Annotated[int, Meta(ge=1, le=2**31)]
    type: str
    buffer_view: Whole | None = None
    byte_offset: Whole = 0
    sparse: Any = None


class _Primitive(Struct):
    attributes: dict[str, Whole]
    indices: Whole | None = None
    material: Whole | None = None
    targets: tuple[dict[str, Whole], ...] = ()


class _Mesh(Struct):
    primitives: tuple[_Primitive, ...]


class _Node(Struct):
    children: tuple[Whole, ...] = ()
    mesh: Whole | None = None


class _Scene(Struct):
    nodes: tuple[Whole, ...] = ()


class _Image(Struct, rename="camel"):
    uri: Any = None
    buffer_view: Whole | None = None
    mime_type: str = ""


class _Gltf(Struct, rename="camel"):
    asset: _Asset
    buffers: tuple[_Buffer, ...] = ()
    buffer_views: tuple[_View, ...] = ()
    accessors: tuple[_Accessor, ...] = ()
    meshes: tuple[_Mesh, ...] = ()
    nodes: tuple[_Node, ...] = ()
    scenes: tuple[_Scene, ...] = ()
    images: tuple[_Image, ...] = ()
    materials: tuple[Any, ...] = ()
    extensions_required: tuple[str, ...] = field(default=())


_decoder = msgspec.json.Decoder(_Gltf)


def check_model(name: str, content: bytes) -> None:
    """Look a GLB through. Raises PackRefused: one sentence that says what is broken."""
    try:
        text, binary = _chunks(content)
        model = _decoder.decode(text)
    except struct.error as error:
        raise PackRefused(f"{name}: is cut short, or is no GLB") from error
    except ValueError as error:
        # msgspec's errors are of this kind too: their sentence names the field.
        raise PackRefused(f"{name}: its glTF cannot be read: {error}") from error
    except UNREADABLE as error:
        raise PackRefused(f"{name}: its glTF cannot be read") from error
    try:
        _Look(model, binary).all()
    except ValueError as error:
        raise PackRefused(f"{name}: is a broken model: {error}") from error


def _chunks(content: bytes) -> tuple[bytes, memoryview]:
    """Return the JSON and the binary of a GLB. Raises ValueError, struct.error."""
    magic, version, length = struct.unpack_from("<III", content, 0)
    if magic != _MAGIC:
        raise ValueError("it is no GLB: glTF goes into a pack as one binary file")
    if version != 2:
        raise ValueError(f"version {version} of GLB; 2 is read")
    if length != len(content):
        raise ValueError(f"it says {length} bytes and has {len(content)}")
    chunks: list[tuple[int, memoryview]] = []
    at, whole = 12, memoryview(content)
    while at < length:
        size, kind = struct.unpack_from("<II", content, at)
        if at + 8 + size > length:
            raise ValueError("a chunk reaches past the end")
        chunks.append((kind, whole[at + 8 : at + 8 + size]))
        at += 8 + size
    if not chunks or chunks[0][0] != _JSON:
        raise ValueError("its first chunk is not JSON")
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == _BIN else memoryview(b"")
    return bytes(chunks[0][1]), binary


class _Look:
    """One look at a model; every step raises ValueError with what is wrong."""

    def __init__(self, model: _Gltf, binary: memoryview) -> None:
        self.model = model
        self.binary = binary

    def all(self) -> None:
        """Look at everything, in the order in which the rest leans on it."""
        self._head()
        self._views()
        for index in range(len(self.model.accessors)):
            self._accessor(index)
        self._images()
        self._meshes()
        self._nodes()

    def _head(self) -> None:
        model = self.model
        if not model.asset.version.startswith("2."):
            raise ValueError(f"it is of glTF {model.asset.version[:20]!r}; 2.0 is read")
        unknown = sorted(set(model.extensions_required) - KNOWN_EXTENSIONS)
        if unknown:
            raise ValueError(f"it needs {unknown[0][:60]!r}, which no kiosk has")
        for what, things in (
            ("accessors", model.accessors),
            ("views", model.buffer_views),
            ("meshes", model.meshes),
            ("nodes", model.nodes),
            ("materials", model.materials),
        ):
            if len(things) > MOST_THINGS:
                raise ValueError(f"{len(things)} {what}; at most {MOST_THINGS}")
        if len(model.buffers) > 1:
            raise ValueError("more than one buffer: a GLB has its own only")
        for buffer in model.buffers:
            if buffer.uri is not None:
                raise ValueError("its buffer is at an address outside of it: pack it as GLB")
            if buffer.byte_length > len(self.binary):
                raise ValueError(
                    f"its buffer says {buffer.byte_length} bytes, and {len(self.binary)} are there"
                )

    def _views(self) -> None:
        for index, view in enumerate(self.model.buffer_views):
            buffer = _of(self.model.buffers, view.buffer, f"view {index}: buffer")
            if view.byte_offset + view.byte_length > buffer.byte_length:
                raise ValueError(f"view {index} reaches past the end of its buffer")

    def _accessor(self, index: int) -> None:
        accessor = self.model.accessors[index]
        if accessor.sparse is not None:
            raise ValueError(f"accessor {index} is sparse, which packs do without")
        if accessor.component_type not in _SIZES or accessor.type not in _WIDTHS:
            raise ValueError(f"accessor {index} is of no type that glTF has")
        if accessor.buffer_view is None:
            raise ValueError(f"accessor {index} has no view: its numbers are missing")
        view = _of(self.model.buffer_views, accessor.buffer_view, f"accessor {index}: view")
        size = _SIZES[accessor.component_type]
        step = size * _WIDTHS[accessor.type]
        stride = view.byte_stride or step
        if (view.byte_offset + accessor.byte_offset) % size or stride % size or stride < step:
            raise ValueError(f"accessor {index} does not lie on the borders of its numbers")
        if accessor.byte_offset + stride * (accessor.count - 1) + step > view.byte_length:
            raise ValueError(f"accessor {index} reaches past the end of its view")

    def _images(self) -> None:
        for index, image in enumerate(self.model.images):
            if image.uri is not None:
                raise ValueError(f"its picture {index} is at an address outside of it: embed it")
            if image.mime_type not in {"image/png", "image/jpeg"}:
                raise ValueError(f"its picture {index} is neither PNG nor JPEG")
            if image.buffer_view is None:
                raise ValueError(f"its picture {index} is missing")
            view = _of(self.model.buffer_views, image.buffer_view, f"picture {index}: view")
            content = self.binary[view.byte_offset : view.byte_offset + view.byte_length]
            try:
                check_picture(f"its picture {index}", bytes(content), image.mime_type)
            except PackRefused as error:
                raise ValueError(str(error)) from error

    def _meshes(self) -> None:
        accessors, vertices, indices = self.model.accessors, 0, 0
        for number, mesh in enumerate(self.model.meshes):
            for primitive in mesh.primitives:
                where = f"mesh {number}"
                if "POSITION" not in primitive.attributes:
                    raise ValueError(f"{where} has no positions")
                count = None
                for parts in (primitive.attributes, *primitive.targets):
                    for index in parts.values():
                        accessor = _of(accessors, index, f"{where}: accessor")
                        count = accessor.count if count is None else count
                        if accessor.count != count:
                            raise ValueError(f"{where}: its attributes are not equally long")
                vertices += count or 0
                if primitive.material is not None:
                    _of(self.model.materials, primitive.material, f"{where}: material")
                if primitive.indices is not None:
                    indices += self._indices(where, primitive.indices, count or 0)
                if vertices > MOST_VERTICES or indices > MOST_INDICES:
                    raise ValueError(
                        f"more than {MOST_VERTICES} points or {MOST_INDICES} corners: too heavy"
                        " for a kiosk, simplify it"
                    )

    def _indices(self, where: str, index: int, vertices: int) -> int:
        accessor: _Accessor = _of(self.model.accessors, index, f"{where}: accessor")
        code = _INDEX_CODES.get(accessor.component_type)
        if code is None or accessor.type != "SCALAR" or accessor.buffer_view is None:
            raise ValueError(f"{where}: its indices are no whole numbers")
        if accessor.count > MOST_INDICES:
            return accessor.count
        view = self.model.buffer_views[accessor.buffer_view]
        if view.byte_stride is not None:
            raise ValueError(f"{where}: its indices have gaps between them")
        start = view.byte_offset + accessor.byte_offset
        end = start + accessor.count * _SIZES[accessor.component_type]
        # Little-endian, as all machines are that this runs on.
        numbers = memoryview(bytes(self.binary[start:end])).cast(code)
        if max(numbers) >= vertices:
            raise ValueError(f"{where}: an index names point {max(numbers)} of {vertices}")
        return accessor.count

    def _nodes(self) -> None:
        nodes = self.model.nodes
        parents: dict[int, int] = {}
        for index, node in enumerate(nodes):
            if node.mesh is not None:
                _of(self.model.meshes, node.mesh, f"node {index}: mesh")
            for child in node.children:
                _of(nodes, child, f"node {index}: child")
                if child in parents:
                    raise ValueError(f"node {child} has two parents")
                parents[child] = index
        for index in range(len(nodes)):
            above, steps = index, 0
            while above in parents:
                above, steps = parents[above], steps + 1
                if above == index or steps > 200:
                    raise ValueError(f"node {index} is its own ancestor, or lies too deep")
        for scene in self.model.scenes:
            for index in scene.nodes:
                _of(nodes, index, "scene: node")


def _of(things: tuple[Any, ...], index: int, what: str) -> Any:
    if index >= len(things):
        raise ValueError(f"{what} {index} is not there")
    return things[index]
