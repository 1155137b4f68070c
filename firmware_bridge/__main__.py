"""`python -m firmware_bridge`: the bench tool."""

from firmware_bridge.cli import app

if __name__ == "__main__":
    app(prog_name="python -m firmware_bridge")
