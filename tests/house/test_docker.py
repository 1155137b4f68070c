"""docker/ without an engine: what its files promise is checked against the house and by a linter.

No image was ever built here: what can be known without an engine is known from these files alone.
"""

import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.config import load_config

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
TARGETS = ("edge", "kiosk", "hub")
GIVER = "influxdb-volume"
"""Runs once, as root: upstream's image of InfluxDB leaves its volume to root."""
INSTRUCTIONS = {
    *("ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN"),
    *("STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}


@dataclass
class Stage:
    """One stage: its name, what it begins with, and its instructions in order."""

    name: str
    base: str
    steps: list[tuple[str, str]]

    def values(self, instruction: str) -> list[str]:
        return [value for name, value in self.steps if name == instruction]


def stages(text: str) -> dict[str, Stage]:
    """Parse a Dockerfile; what is before the first stage stands under the empty name."""
    found = {"": Stage("", "", [])}
    current = found[""]
    text = re.sub(r"^[ \t]*#.*\n", "", text, flags=re.MULTILINE)
    for line in re.sub(r"\\\n", " ", text).splitlines():
        instruction, _, value = line.strip().partition(" ")
        if not instruction:
            continue
        if instruction == "FROM":
            match = re.fullmatch(r"(\S+) AS ([a-z-]+)", value.strip())
            assert match, f"a stage without a name: {line}"
            current = found[match[2]] = Stage(match[2], match[1], [])
        else:
            current.steps.append((instruction, " ".join(value.split())))
    return found


STAGES = stages((DOCKER / "Dockerfile").read_text("utf-8"))


def lineage(target: str) -> list[Stage]:
    """Return a target's stage and those that it stands on, itself last."""
    stage = STAGES[target]
    return [*(lineage(stage.base) if stage.base in STAGES else []), stage]


def copies() -> Iterator[tuple[str | None, list[str], str]]:
    for stage in STAGES.values():
        for value in stage.values("COPY"):
            parts = value.split()
            source = None
            if parts[0].startswith("--from="):
                source = parts.pop(0).partition("=")[2]
            yield source, parts[:-1], parts[-1]


class TestDockerfile:
    def test_it_is_read_whole(self) -> None:
        used = {name for stage in STAGES.values() for name, _ in stage.steps}
        assert used <= INSTRUCTIONS, "an instruction that this test does not know"
        assert list(STAGES)[-3:] == list(TARGETS), "hub comes last: it is the default"

    def test_every_stage_begins_with_a_known_release(self) -> None:
        defaults = dict(value.split("=") for value in STAGES[""].values("ARG"))
        for stage in list(STAGES.values())[1:]:
            base = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], stage.base)
            assert base in STAGES or re.fullmatch(r"python:3\.\d+-slim-\w+", base), base
        python = tuple(map(int, defaults["PYTHON"].split("-")[0].split(".")))
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        assert python >= tuple(map(int, project["requires-python"].removeprefix(">=").split(".")))

    def test_what_is_copied_is_there_and_let_in(self) -> None:
        rules = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
        let_in = [rule[1:] for rule in rules if rule.startswith("!")]
        assert next(rule for rule in rules if rule and rule[0] not in "#!") == "*"
        for source, paths, _ in copies():
            if source is not None:
                assert source in STAGES
                continue
            for path in paths:
                assert (ROOT / path).exists(), path
                parents = [path, *map(str, Path(path).parents)]
                assert any(fnmatch(p, rule) for p in parents for rule in let_in), path
        copied = {path for source, paths, _ in copies() if source is None for path in paths}
        for rule in let_in:
            assert any(fnmatch(path, rule) or path.startswith(f"{rule}/") for path in copied), (
                f"{rule} is let in for nothing"
            )

    def test_every_room_is_in_the_wheel(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
        rooms = set(settings["importlinter"]["root_packages"])
        copied = {v.split()[0] for v in STAGES["wheel"].values("COPY") if " " in v}
        assert rooms <= copied

    @pytest.mark.parametrize("target", TARGETS)
    def test_a_target_installs_its_lock_and_our_wheel(self, target: str) -> None:
        environment = STAGES[f"{target}-environment"]
        assert f"locks/{target}.txt /locks/" in environment.values("COPY")
        assert (ROOT / f"locks/{target}.txt").is_file()
        assert "--from=wheel /wheels /wheels" in environment.values("COPY")
        copied = STAGES[target].values("COPY")
        assert f"--from={target}-environment /opt/kaiguan /opt/kaiguan" in copied

    def test_every_install_asks_for_hashes_or_for_nobody(self) -> None:
        installs = [
            command.strip()
            for stage in STAGES.values()
            for value in stage.values("RUN")
            for command in value.split("&&")
            if re.search(r"pip (install|wheel)", command)
        ]
        assert len(installs) == 2 + 2 * len(TARGETS)
        for command in installs:
            if "--no-index" in command:
                assert "--no-deps" in command
            else:
                assert "--require-hashes" in command
                assert "--only-binary=:all:" in command, "a compiler would be asked for"

    def test_nothing_is_fetched_in_another_way(self) -> None:
        text = (DOCKER / "Dockerfile").read_text("utf-8")
        code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        assert not re.search(r"https?://|\bADD\b|curl|wget|apt|:latest", code)

    @pytest.mark.parametrize("target", TARGETS)
    def test_a_target_runs_as_nobody_and_says_how_it_fares(self, target: str) -> None:
        line = lineage(target)
        own = line[-1]
        assert own.values("USER") == ["10001:10001"]
        after = [name for name, _ in own.steps][[n for n, _ in own.steps].index("USER") :]
        assert not {"RUN", "COPY"} & set(after), "root's work comes before"
        assert own.values("HEALTHCHECK")
        assert [value for stage in line for value in stage.values("STOPSIGNAL")] == ["SIGTERM"]
        assert json.loads(own.values("ENTRYPOINT")[0]) == ["python", "-m", target]
        assert json.loads(own.values("CMD")[0])
        secret = re.compile(r"PASS|SECRET|TOKEN|KEY", re.IGNORECASE)
        assert not [v for stage in line for v in stage.values("ENV") if secret.search(v)]

    def test_a_mistake_is_seen(self) -> None:
        with pytest.raises(AssertionError, match="without a name"):
            stages("FROM python:latest\n")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
    return loaded


class TestCompose:
    def test_whoever_is_named_runs_without_root(self, compose: dict[str, Any]) -> None:
        for name in sorted(set(compose["services"]) - {GIVER}):
            users = [compose["services"][name].get("user")]
            if name in STAGES:
                users += STAGES[name].values("USER")
            [user] = [one for one in users if one]
            assert int(user.split(":")[0]) > 0, name

    def test_every_service_is_looked_at(self, compose: dict[str, Any]) -> None:
        assert set(compose["services"]) == {"broker", "hub", "edge", "influxdb", GIVER}

    def test_root_gives_a_volume_away_and_may_nothing_else(
        self, compose: dict[str, Any], tmp_path: Path
    ) -> None:
        told, served = compose["services"][GIVER], compose["services"]["influxdb"]
        assert (told["read_only"], told["cap_drop"], told["cap_add"]) == (True, ["ALL"], ["CHOWN"])
        assert told["security_opt"] == ["no-new-privileges:true"]
        assert (told["restart"], told["network_mode"]) == ("no", "none")
        assert told["volumes"] == ["influxdb:/var/lib/influxdb"]
        assert told["volumes"][0] in served["volumes"]
        assert served["depends_on"] == {GIVER: {"condition": "service_completed_successfully"}}
        [shell, option, script] = told["entrypoint"]
        script = script.replace("$$", "$")
        assert f"chown -R {served['user']} " in script
        # Run here: to the user of the database where this test may give, else to its own.
        (tmp_path / "data").mkdir()
        user = os.getuid() or 10001
        script = script.replace("/var/lib/influxdb", str(tmp_path)).replace("10001", str(user))
        for _ in range(2):
            subprocess.run([shell, option, script], check=True, timeout=10)
        assert {tmp_path.stat().st_uid, (tmp_path / "data").stat().st_uid} == {user}

    def test_the_database_starts_as_nobody_in_particular(self, compose: dict[str, Any]) -> None:
        entry = compose["services"]["influxdb"]["entrypoint"]
        assert entry[:3] == ["influxd", "run", "-config"]
        mounted = [volume.split(":") for volume in compose["services"]["influxdb"]["volumes"]]
        assert entry[3] in {target for _, target, *_ in mounted}
        conf = tomllib.loads((DOCKER / "influxdb/influxdb.conf").read_text("utf-8"))
        written = {*conf["meta"].values(), conf["data"]["dir"], conf["data"]["wal-dir"]}
        assert all(folder.startswith("/var/lib/influxdb/") for folder in written)

    @pytest.mark.parametrize("service", ["broker", "hub", "edge", "influxdb"])
    def test_a_service_may_little(self, compose: dict[str, Any], service: str) -> None:
        told = compose["services"][service]
        assert told["read_only"] is True
        assert told["cap_drop"] == ["ALL"]
        assert told["security_opt"] == ["no-new-privileges:true"]
        assert told["restart"] == "unless-stopped"
        assert told["tmpfs"]
        assert told["mem_limit"]
        assert told["pids_limit"]
        assert not {"privileged", "cap_add", "network_mode", "pid", "env_file"} & set(told)
        assert "environment" not in told, "no secret is handed over in the environment"

    def test_ports_are_on_loopback_until_told_otherwise(self, compose: dict[str, Any]) -> None:
        ports = [p for told in compose["services"].values() for p in told.get("ports", [])]
        assert len(ports) == 2
        for port in ports:
            assert port.startswith("${KAIGUAN_BIND:-127.0.0.1}:"), port

    def test_images_have_releases(self, compose: dict[str, Any]) -> None:
        for name, told in compose["services"].items():
            assert re.search(r":(\$\{\w+:-)?\d+\.\d+(\.\d+)?\}?$", told["image"]), name

    def test_builds_name_targets_that_there_are(self, compose: dict[str, Any]) -> None:
        for name in ("hub", "edge"):
            build = compose["services"][name]["build"]
            assert build["target"] == name
            assert (DOCKER / build["context"] / build["dockerfile"]).is_file()

    def test_what_is_mounted_from_here_is_here_and_read_only(self, compose: dict[str, Any]) -> None:
        mounted = []
        for told in compose["services"].values():
            for volume in told["volumes"]:
                source, target, *mode = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", volume).split(":")
                if source.startswith("."):
                    mounted.append(target)
                    assert (DOCKER / source).exists(), source
                    assert mode == ["ro"], volume
                else:
                    assert source in compose["volumes"]
        assert "/etc/kaiguan/hub.toml" in mounted

    def test_every_service_has_a_health_check(self, compose: dict[str, Any]) -> None:
        for name, told in compose["services"].items():
            assert "healthcheck" in told or STAGES[name].values("HEALTHCHECK")

    def test_the_hub_takes_its_configuration(self, compose: dict[str, Any]) -> None:
        config = load_config(DOCKER / "hub.toml", {})
        assert config.http.port == 8080
        assert str(config.data_dir) == "/var/lib/kaiguan"
        targets = [volume.split(":")[-1] for volume in compose["services"]["hub"]["volumes"]]
        assert str(config.data_dir) in targets
        assert config.broker.tls
        broker = compose["services"]["broker"]
        assert config.broker.host == "broker"
        assert broker["ports"][0].endswith(f":{config.broker.port}")

    def test_the_hub_may_keep_its_series_in_the_database(
        self, compose: dict[str, Any], tmp_path: Path
    ) -> None:
        text = (DOCKER / "hub.toml").read_text("utf-8")
        told = text[text.index("# [store]") :].replace("# ", "")
        (tmp_path / "hub.toml").write_text(told)
        store = load_config(tmp_path / "hub.toml", {}).store
        assert (store.kind, store.url) == ("influxdb", "http://influxdb:8086")
        assert "ports" not in compose["services"]["influxdb"]
        conf = tomllib.loads((DOCKER / "influxdb/influxdb.conf").read_text("utf-8"))
        assert conf["http"]["bind-address"] == ":8086"

    @pytest.mark.parametrize("profile", ["", "edge", "influxdb"])
    def test_docker_compose_reads_it(self, profile: str) -> None:
        command = compose_command()
        options = ["--profile", profile] if profile else []
        run = subprocess.run(
            [*command, "-f", str(DOCKER / "compose.yaml"), *options, "config"],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PWD": str(DOCKER)},
            cwd=DOCKER,
        )
        assert run.returncode == 0, run.stderr
        read = yaml.safe_load(run.stdout)
        assert set(read["services"]) >= {"broker", "hub", *([profile] if profile else [])}
        if profile == "influxdb":
            served = read["services"]["influxdb"]
            assert (served["user"], served["read_only"]) == ("10001:10001", True)
            assert (served["cap_drop"], "cap_add" in served) == (["ALL"], False)
            assert "$$" in str(read["services"][GIVER]["entrypoint"])
        assert read["services"]["hub"]["read_only"] is True

    def test_docker_compose_refuses_a_mistake(self, tmp_path: Path) -> None:
        text = (DOCKER / "compose.yaml").read_text("utf-8")
        (tmp_path / "compose.yaml").write_text(text.replace("mem_limit:", "memory_limitt:"))
        run = subprocess.run(
            [*compose_command(), "-f", str(tmp_path / "compose.yaml"), "config"],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode != 0


def compose_command() -> list[str]:
    """Return what reads compose files; without it the test fails, and is not skipped."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    found = shutil.which("docker")
    assert found, "neither docker-compose nor docker: `make test` installs docker-compose"
    return [found, "compose"]


def health(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = DOCKER / "health" / f"{name}.py"
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        # What an operator's environment says of proxies does not concern this machine.
        env={"http_proxy": "http://192.0.2.1:9", "PATH": os.environ["PATH"]},
    )


class _Answer(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/readyz" else 404)
        self.end_headers()
        self.wfile.write(b'{"ready": "so so"}')

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class TestHealth:
    @pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
    def test_of_the_hub(self, status: int, code: int) -> None:
        kind = type("Answer", (_Answer,), {"status": status})
        with http.server.HTTPServer(("127.0.0.1", 0), kind) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            asked = health("hub", str(server.server_port))
            thread.join(10)
        assert (asked.returncode, asked.stdout) == (code, '{"ready": "so so"}\n')

    def test_of_a_hub_that_is_not_there(self, free_port: int) -> None:
        asked = health("hub", str(free_port))
        assert asked.returncode == 1
        assert "does not answer" in asked.stderr

    def test_of_the_edge(self, tmp_path: Path) -> None:
        spool = tmp_path / "spool.db"
        assert health("edge", str(spool)).returncode == 1
        spool.write_bytes(b"")
        os.utime(spool, (time.time() - 3600, time.time() - 3600))
        assert health("edge", str(spool)).returncode == 1
        # The log beside it is what a running agent writes.
        (tmp_path / "spool.db-wal").write_bytes(b"")
        assert health("edge", str(spool)).returncode == 0


def test_the_lock_that_builds_holds_what_the_project_builds_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {re.split(r"[><=]", name)[0] for name in project["build-system"]["requires"]}
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "locks/build.txt").read_text(), re.MULTILINE))
    assert wanted == pinned


@pytest.mark.soak
@pytest.mark.parametrize("target", TARGETS)
def test_the_steps_of_a_target_give_what_runs(target: str, tmp_path: Path) -> None:
    """Do by hand, with this Python, what the Dockerfile does: needs the network, takes minutes."""
    source, environment = tmp_path / "source", tmp_path / "environment"
    source.mkdir()
    for _, paths, _ in copies():
        for path in paths:
            if (ROOT / path).is_dir():
                left_out = shutil.ignore_patterns("node_modules")  # as .dockerignore does
                shutil.copytree(ROOT / path, source / path, dirs_exist_ok=True, ignore=left_out)
            elif (ROOT / path).is_file():
                (source / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, source / path)

    def run(*command: str, cwd: Path = source) -> str:
        done = subprocess.run(
            command, cwd=cwd, check=False, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout

    run(sys.executable, "-m", "venv", str(tmp_path / "builder"))
    pip = (str(tmp_path / "builder/bin/pip"), "--disable-pip-version-check")
    only = ("--require-hashes", "--only-binary=:all:")
    run(*pip, "install", *only, "-r", "locks/build.txt")
    wheels = str(tmp_path / "wheels")
    build = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", wheels)
    run(*pip, "wheel", *build, ".")
    run(sys.executable, "-m", "venv", str(environment))
    pip = (str(environment / "bin/pip"), "--disable-pip-version-check")
    run(*pip, "install", *only, "-r", f"locks/{target}.txt")
    (wheel,) = Path(wheels).glob("*.whl")
    run(*pip, "install", "--no-deps", "--no-index", str(wheel))
    run(*pip, "check")
    python = str(environment / "bin/python")
    assert "join" in run(python, "-m", target, "--help", cwd=tmp_path) or target == "hub"
    if target == "hub":
        (tmp_path / "hub.toml").write_text("[broker]\nenabled = false\n")
        told = run(python, "-m", "hub", "doctor", "--config", "hub.toml", cwd=tmp_path)
        assert "disk" in told
