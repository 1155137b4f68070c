"""Every threshold of the engine, with its unit, in one place. Pure.

Where a number was measured, `docs/ar.md` says how. Change one with `dataclasses.replace`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LookSettings:
    """One way to look at a picture for features.

    `side` is the longest side in pixels to which it is scaled; `most` the number of features;
    `is_flattened` evens out light and contrast first (CLAHE).
    """

    side: int
    most: int
    is_flattened: bool = False


@dataclass(frozen=True)
class EnrolSettings:
    """How a picture becomes a target.

    Sides are pixels, shares are 0 to 1. A picture is kept at `side`; tilted views are squeezed to
    `squeeze` of one side.
    """

    side: int = 480
    most: int = 500
    most_tilted: int = 160
    squeeze: float = 0.55
    directions: tuple[float, ...] = (0.0, 45.0, 90.0, 135.0)  # degrees
    enough_features: int = 350
    enough_spread: float = 0.6  # of the cells of an 8 x 8 grid
    good_score: float = 0.5
    repeats_share: float = 0.35  # of features that have a twin elsewhere in the picture
    twin_distance: int = 30  # bits of 256
    alike_inliers: int = 40


@dataclass(frozen=True)
class RecogniserSettings:
    """How targets are found in a picture. Distances are bits of 256, errors are pixels.

    `looks` are tried in turn until one finds something.
    """

    looks: tuple[LookSettings, ...] = (
        LookSettings(640, 1000),
        LookSettings(640, 1500, is_flattened=True),
        LookSettings(420, 1000, is_flattened=True),
    )
    asked: int = 600  # features of a frame that vote
    neighbours: int = 3
    trees: int = 12
    search_nodes: int = 50
    vote_distance: int = 70
    fewest_votes: int = 5
    longlist: int = 24
    rough_error: float = 12.0
    rough_rounds: int = 250
    rough_squeeze: float = 5.0  # one way more than the other; as a card tilted by 78 degrees
    fewest_rough: int = 6
    shortlist: int = 4
    rival_share: float = 0.3  # of a sure target's votes that another one in its place needs
    ratio: float = 0.82
    match_distance: int = 72
    same_place: float = 6.0  # pixels of the reference; nearer features are one place
    ransac_error: float = 4.0
    ransac_rounds: int = 2000
    fewest_inliers: int = 10
    least_photometric: float = 0.40
    sure_photometric: float = 0.55  # under it `sure_inliers` are asked for
    sure_inliers: int = 18
    cell_correlation: float = 0.5
    least_visible: float = 0.4  # of the textured cells that have to lie in the frame
    smallest_side: float = 24.0  # pixels of a frame
    overlap: float = 0.25  # of the smaller of two quadrilaterals that are one thing
    merge_at: int = 8  # targets of the side list


@dataclass(frozen=True)
class TrackSettings:
    """How a found target is followed. Pixels are of the frame, shares are 0 to 1."""

    points: int = 75
    margin: float = 6.0  # pixels of the reference that points keep from its edge
    apart: float = 9.0  # pixels of the reference between points
    window: int = 17
    levels: int = 2
    # Tried in turn: coarse levels reach farther, and compare the card with the table beside it.
    hand_over_levels: tuple[int, ...] = (2, 3, 4)
    again_pixels: float = 2.5  # a step that moved further is made once more from where it led
    ransac_error: float = 1.5
    fewest_inliers: int = 12
    least_share: float = 0.3
    least_correlation: float = 0.5  # of the middle point
    patch: int = 4  # pixels from the middle to the edge
    smallest_side: float = 24.0
    most_tracked: int = 5


@dataclass(frozen=True)
class MarkerSettings:
    """How markers are found."""

    window: int = 5  # pixels from a corner to the edge of its refinement
    levels: int = 1  # of the flow that fits the marker's own picture
    most_refined: float = 3.0  # pixels by which that may move a corner
    best_side: float = 60.0  # pixels of a side at which quality is best


@dataclass(frozen=True)
class PoseSettings:
    """How one of a plane's two poses is chosen."""

    ambiguous: float = 2.5  # ratio of errors under which the previous pose decides
    noise_pixels: float = 0.1  # added to both errors before they are compared
    memory_seconds: float = 0.5  # how old a previous pose may be


@dataclass(frozen=True)
class EngineSettings:
    """How often the engine searches, and when it gives advice."""

    search_hz: float = 5.0
    search_hz_tracked: float = 2.0
    dark_level: float = 45.0  # mean grey level
    bright_level: float = 225.0
    small_share: float = 0.08  # of the frame's area
    large_share: float = 0.85
    steep_degrees: float = 50.0
    blurred_level: float = 25.0  # variance of the Laplacian
    memory_seconds: float = 1.5  # how long a lost target's last place gives advice


@dataclass(frozen=True)
class ArSettings:
    """All of them."""

    enrol: EnrolSettings = field(default_factory=EnrolSettings)
    recogniser: RecogniserSettings = field(default_factory=RecogniserSettings)
    track: TrackSettings = field(default_factory=TrackSettings)
    marker: MarkerSettings = field(default_factory=MarkerSettings)
    pose: PoseSettings = field(default_factory=PoseSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
