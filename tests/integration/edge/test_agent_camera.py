"""A camera through the agent: what it counts, and what it vouches for when pictures stay away."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.counting.geometry import Direction
from edge.vision.capture import read_file
from edge.vision.pipeline import Counter
from edge.vision.scene import SCENE_LINE, SCENE_PERSON, Scene
from link.session import BrokerConfig
from tests.brokers import Mosquitto
from tests.integration.edge.agents import Agent, Hub, a_board, a_camera, a_serial, written
from tests.integration.edge.mjpeg import MjpegCamera

pytestmark = pytest.mark.broker
SEED = 7


async def test_an_agent_counts_what_its_counter_counts(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    print(f"seed {SEED}")  # noqa: T201
    film = tmp_path / "film.avi"
    scene = Scene(SEED, seconds=50.0)
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), scene.fps, scene.size)
    for picture, _ in scene.frames():
        writer.write(picture)
    writer.release()
    counter = Counter([SCENE_LINE], person_size=SCENE_PERSON)
    directions = [
        crossing.direction
        for frame in read_file(film)
        for crossing in counter.feed(frame.image, frame.at_seconds)
    ]
    expected = (directions.count(Direction.IN), directions.count(Direction.OUT))
    assert sum(expected) >= 8
    assert min(expected) >= 1

    # The counter learns nothing of sizes here: both begin with the same person.
    more = f'pace = "fast"\nperson_size = [{SCENE_PERSON.w}, {SCENE_PERSON.h}]'
    # A path in the configuration starts from its folder, not from where the agent was started.
    config = written(tmp_path, mosquitto.port, a_camera("film.avi", more=more))
    with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub, Agent(config) as edge:
        await hub.until(lambda: hub.is_in("camera", "stopped"))
        await hub.until(lambda: sum(hub.totals("top")) >= sum(expected))
        assert await asyncio.to_thread(edge.stop) == 0
        assert hub.totals("top") == expected
        (cover,) = hub.coverage("top")
        assert cover.ended == "input_ended"
        # Neither the counter's warm-up nor what was not proven any more.
        assert cover.until_ms - cover.since_ms == pytest.approx(50_000 - 1000 - 2000, abs=150)


async def test_a_camera_that_stalls_drops_and_returns_does_not_disturb_a_board(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with MjpegCamera() as camera:
        url = camera.url.replace("http://", "http://guard:hunter2@") + "?token=s3cret"
        sources = a_serial(tmp_path / "tty") + a_camera(url)
        config = written(tmp_path, mosquitto.port, sources)
        with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub, Agent(config) as edge:
            async with a_board(tmp_path / "tty") as board:
                await hub.until(lambda: len(hub.coverage("top")) == 1)
                camera.stall()
                await hub.until(lambda: hub.is_in("camera", "failed"))
                source = hub.source("camera")
                assert source is not None
                assert source.detail.startswith(f"source {camera.url}: ")
                (first,) = hub.coverage("top")
                await board.cross("front", entered=3)
                await hub.until(lambda: board.counted(hub))
                camera.resume()
                await hub.until(lambda: hub.is_in("camera", "watching"))
                await hub.until(lambda: len(hub.coverage("top")) == 2)
                camera.drop()
                await hub.until(lambda: hub.is_in("camera", "failed"))
                await hub.until(lambda: len(hub.coverage("top")) == 3)
                assert await asyncio.to_thread(edge.stop) == 0
                await hub.until(lambda: hub.coverage("top")[-1].ended == "stopped")
            covers = hub.coverage("top")
            assert [cover.ended for cover in covers[:2]] == ["source_failed"] * 2
            assert covers[0].since_ms == first.since_ms
            # It was blind from the stall on, not from when that was noticed.
            assert covers[1].since_ms - covers[0].until_ms > 5000
            assert [cover.ended for cover in hub.coverage("front")] == ["stopped"]
            told = edge.text + repr(hub.heard)
            assert camera.url in told
            for secret in ("hunter2", "s3cret", "guard"):
                assert secret not in told


async def test_a_covered_minute_is_a_gap_from_its_onset_and_no_zero(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """A film of a door whose lens is covered from second 14 to second 40."""
    scene, onset, end = Scene(SEED, seconds=55.0), 14.0, 40.0
    noise = np.random.default_rng(SEED)
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), scene.fps, scene.size)
    for picture, at in scene.frames():
        hand = noise.normal(60, 3, picture.shape).astype(np.uint8)
        writer.write(hand if onset <= at < end else picture)
    writer.release()
    more = f'pace = "fast"\nperson_size = [{SCENE_PERSON.w}, {SCENE_PERSON.h}]'
    config = written(tmp_path, mosquitto.port, a_camera("film.avi", more=more))
    with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub, Agent(config) as edge:
        await hub.until(lambda: hub.is_in("camera", "stopped"))
        await hub.until(lambda: len(hub.coverage("top")) == 2)
        assert await asyncio.to_thread(edge.stop) == 0
        before, after = hub.coverage("top")
        assert (before.ended, after.ended) == ("covered", "input_ended")
        # From the end of the warm-up to the onset, or a little before: never beyond it.
        vouched = (before.until_ms - before.since_ms) / 1000
        assert onset - 1 - 2.5 <= vouched <= onset - 1 + 0.6
        # It is well within seconds of the end, and learns its background anew before it vouches.
        blind = (after.since_ms - before.until_ms) / 1000
        assert end - onset + 1 <= blind <= end - onset + 8.5
        (said,) = [line for line in edge.said("source_changed") if "covered" in line["detail"]]
        assert said["state"] == "watching"
        pictures = [s.picture for status in hub.heard for s in status.sources if s.picture]
        covered = [picture for picture in pictures if picture.health == "covered"]
        assert abs(covered[0].since_ms - before.until_ms) < 1000
