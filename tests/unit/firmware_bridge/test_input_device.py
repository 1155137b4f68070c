"""Opening what is no keyboard. No test may own one: decoder and drivers have tests of their own."""

import os
from pathlib import Path

import pytest

from firmware_bridge import DeviceError, DeviceNotFound, open_code_reader


async def opened(path: str) -> None:
    async with open_code_reader("wedge-code", path):
        pytest.fail("it opened what is no keyboard")


async def test_nothing_there_names_the_folder_to_look_in(tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound, match="/dev/input/by-id"):
        await opened(str(tmp_path / "event7"))


@pytest.mark.parametrize("path", ["/dev/null", "/etc/hostname", "\x00"])
async def test_no_input_device_is_one_sentence(path: str) -> None:
    with pytest.raises(DeviceError, match="is no input device"):
        await opened(path)


async def test_a_path_that_may_not_be_read_names_the_group(tmp_path: Path) -> None:
    path = tmp_path / "event0"
    path.touch(mode=0o000)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(DeviceError, match="group `input`"):
        await opened(str(path))
