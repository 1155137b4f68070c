"""The guards of conftest.py catch what they are there for."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

LEAKS = {
    "thread": (
        """
        import threading
        done = threading.Event()
        def test_it():
            threading.Thread(target=done.wait, name="left", daemon=True).start()
        """,
        "threads left running: ['left']",
    ),
    "process": (
        """
        import subprocess
        kept = []
        def test_it():
            kept.append(subprocess.Popen(["sleep", "60"]))
        """,
        "child processes left running: ['sleep 60']",
    ),
    "task": (
        """
        import asyncio
        kept = []
        async def test_it():
            kept.append(asyncio.create_task(asyncio.sleep(60), name="left"))
        """,
        "asyncio tasks left running: ['left']",
    ),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_leak_fails_its_test(kind: str, pytester: pytest.Pytester) -> None:
    source, told = LEAKS[kind]
    run = _run(pytester, source)
    run.stdout.fnmatch_lines([f"*{told.replace('[', '[[]')}*"])
    run.assert_outcomes(passed=1, errors=1)


def test_what_ends_in_time_is_no_leak(pytester: pytest.Pytester) -> None:
    run = _run(
        pytester,
        """
        import asyncio, subprocess, threading, time
        async def test_it():
            await asyncio.to_thread(time.sleep, 0)
            asyncio.create_task(asyncio.sleep(0.05))
            threading.Timer(0.05, int).start()
            subprocess.run(["true"], check=True)
        """,
    )
    run.assert_outcomes(passed=1)


def test_settings_of_the_shell_do_not_reach_a_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAIGUAN_ANYTHING", "1")
    monkeypatch.setenv("https_proxy", "nowhere.invalid:1")
    run = _run(
        pytester,
        """
        import os
        def test_it():
            assert not {"KAIGUAN_ANYTHING", "https_proxy"} & set(os.environ)
        """,
    )
    run.assert_outcomes(passed=1)


def _run(pytester: pytest.Pytester, source: str) -> pytest.RunResult:
    root = Path(__file__).parents[2]
    conftest = root / "tests/conftest.py"
    pytester.makeconftest(
        conftest.read_text().replace("GRACE_SECONDS = 10.0", "GRACE_SECONDS = 0.3")
    )
    pytester.makepyfile(source)
    settings = ["asyncio_mode = auto", "asyncio_default_fixture_loop_scope = function"]
    pytester.makeini("\n".join(["[pytest]", *settings, f"pythonpath = {root}"]))
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")
