"""What wlr-randr prints is read as it is."""

from kiosk.shell.panel import Output, parse_outputs

ON = """HDMI-A-1 "Goodix 15.6 (HDMI-A-1)"
  Make: Goodix
  Physical size: 344x194 mm
  Enabled: yes
  Modes:
    1920x1080 px, 60.000000 Hz (preferred, current)
    1280x720 px, 60.000000 Hz
  Position: 0,0
  Transform: {transform}
  Scale: 1.000000
"""
OFF = """HDMI-A-2 "(null) (null) (HDMI-A-2)"
  Physical size: 0x0 mm
  Enabled: no
  Modes:
    1920x1080 px, 60.000000 Hz (preferred)
"""


def test_outputs_are_read_with_their_size_as_they_are_turned() -> None:
    flat, upright = ON.format(transform="normal"), ON.format(transform="90")
    assert parse_outputs(flat) == (Output("HDMI-A-1", True, (1920, 1080)),)
    assert parse_outputs(upright + OFF) == (
        Output("HDMI-A-1", True, (1080, 1920)),
        Output("HDMI-A-2", False, (0, 0)),
    )
    assert parse_outputs("") == ()
    assert parse_outputs("  no name: above\n") == ()
