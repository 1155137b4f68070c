"""A district as large as the promise: venues with nodes and lines, as files for the hub."""

from pathlib import Path


def write_district(folder: Path, *, venues: int, nodes: int, lines: int) -> Path:
    """Write one file a venue; every line touches the outside. Returns the folder."""
    folder.mkdir()
    hours = "\n".join(
        f'{day} = ["00:00-24:00"]'
        for day in "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
    )
    for venue in range(venues):
        text = (
            f'id = "fleet-{venue}"\nname_zh = "场馆 {venue}"\nname_en = "Venue {venue}"\n'
            f'kind = "book_room"\nlevel = "space"\ncapacity = 400\nquiet_at = "04:00"\n'
            f"latitude = 31.38\nlongitude = 121.25\n[hours]\n{hours}\n"
            '[[zones]]\nid = "room"\nname_zh = "厅"\nname_en = "Room"\n'
        )
        for node in range(nodes):
            for line in range(lines):
                text += (
                    f'[[lines]]\nnode = "node-{node}"\nline = "line-{line}"\n'
                    'from_zone = "outside"\nto_zone = "room"\n'
                )
        (folder / f"fleet-{venue}.toml").write_text(text, "utf-8")
    return folder
