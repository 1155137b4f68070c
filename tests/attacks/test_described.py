"""The API by its own description: every answer is one that docs/openapi.json tells of, none a 500.

Schemathesis makes requests, good and bad ones; each of them is sent by each role.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from hub.access import GRANTABLE, Role
from tests.accounts import a_token, an_account, bearer
from tests.attacks.doors import ask
from tests.attacks.served import API, A, AttackedHub, B, a_client, furnished

Operation = APIOperation[Any, Any, Any, Any]
Case = Any
"""Of schemathesis, whose hints take arguments that it does not name."""
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
SEED: Final = int(os.environ.get("KAIGUAN_SEEDS", "20261130").split(",")[0])
ROLES: Final = ("nobody", "manager", "other", "supervisor", "admin", "token", "first password")
CHECKS: Final = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
STREAMS: Final = {f"{API}/live"}
"""They do not end."""


schemathesis.openapi.media_type("application/zip", st.binary(max_size=400))


@schemathesis.serializer("application/zip")
def as_it_stands(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Send a zip as the bytes that it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("described")) as opened:
        opened.objects(A)
        yield opened


def operations() -> list[Operation]:
    schema = schemathesis.openapi.from_path(DOCUMENT)
    results: list[Any] = list(schema.get_all_operations())
    found = [result.ok() for result in results]
    return [one for one in found if one.path not in STREAMS]


OPERATIONS: Final = operations()


def test_all_of_the_document_is_asked() -> None:
    assert len(OPERATIONS) > 60


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_described(served: AttackedHub, mode: GenerationMode) -> None:
    sys.stdout.write(f"seed {SEED}\n")
    attack_all(served, mode, examples=2)


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_described_for_long(served: AttackedHub, mode: GenerationMode) -> None:
    sys.stdout.write(f"seed {SEED}\n")
    attack_all(served, mode, examples=int(os.environ.get("KAIGUAN_SOAK_MINUTES", "60")) * 4)


def attack_all(served: AttackedHub, mode: GenerationMode, examples: int) -> None:
    """Ask each operation in the name of each role; tell of all that is wrong at once."""
    wrong: dict[str, str] = {}
    asked = 0
    for operation in OPERATIONS:
        senders = {role: sender(served, role) for role in ROLES}

        def attack(case: Case) -> None:
            nonlocal asked
            for role, send in senders.items():  # noqa: B023  used in this round only
                asked += 1
                answer = send(case)
                told = complaint(case, answer)
                if told:
                    wrong.setdefault(f"{case.operation.label} as {role}", told)

        try:
            run(operation, mode, attack, examples)
        except Unsatisfiable as error:
            # Any text is a name that nobody has, any bytes are a zip: no form of it is wrong.
            kinds = {body.media_type for body in operation.body}
            if mode is GenerationMode.POSITIVE or operation.query or kinds - {"application/zip"}:
                wrong[operation.label] = str(error)
    assert not wrong, "\n\n".join(f"{name}: {what}" for name, what in wrong.items())
    assert asked >= len(ROLES) * len(OPERATIONS) // 2


def complaint(case: Case, answer: Any) -> str:
    """Return what is wrong with an answer, nothing where it is as it was described."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{answer.status_code}: {answer.text[:300]}"
    try:
        case.validate_response(answer, checks=CHECKS)
    except AssertionError as error:
        return str(error)[:900]
    except BaseExceptionGroup as error:
        return "; ".join(str(one)[:600] for one in error.exceptions)
    return ""


def run(
    operation: Operation,
    mode: GenerationMode,
    attack: Callable[[Case], None],
    examples: int,
) -> None:
    if mode is GenerationMode.NEGATIVE and not has_input(operation):
        return
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=quiet,
    )
    test = given(operation.as_strategy(mode))(attack)
    try:
        seed(SEED)(chosen(test))()
    except Unsatisfiable as error:
        raise Unsatisfiable(f"{operation.label}: {mode.value}") from error


def has_input(operation: Operation) -> bool:
    """Tell whether there is anything that a bad request could have wrong."""
    return bool(operation.path_parameters or operation.query or operation.body)


def sender(served: AttackedHub, role: str) -> Callable[[Case], Any]:
    """Return what sends a case in the name of a new account: it may end its own session."""
    office, records = served.hub.office, served.hub.records
    session = requests.Session()
    headers: dict[str, str] = {}
    if role == "token":
        headers = bearer(a_token(records, an_account(records), GRANTABLE))
    elif role == "first password":
        made = office.directory.create(office.entrance.nobody, f"new {os.urandom(4).hex()}",
                                       Role.ADMIN, [])  # fmt: skip
        hold(served, session, made.account)
    elif role != "nobody":
        manages = {"manager": [A], "other": [B]}.get(role, [])
        of_role = Role.MANAGER if manages else Role(role)
        hold(served, session, an_account(records, of_role, manages))
    if role != "token":
        told = session.get(f"{served.url}{API}/session", timeout=20).json()
        headers["X-CSRF-Token"] = told["csrf_token"]

    def send(case: Case) -> Any:
        own = {**headers, "Cookie": "; ".join(f"{c.name}={c.value}" for c in session.cookies)}
        return case.call(base_url=served.url, session=session, headers=own, timeout=20)

    return send


def hold(served: AttackedHub, session: requests.Session, account: Any) -> None:
    opened = served.hub.office.entrance.open(account, address="127.0.0.1", agent="test")
    session.cookies.set("kaiguan_session", opened.id)


def test_streams_are_described_too(served: AttackedHub) -> None:
    document = schemathesis.openapi.from_path(DOCUMENT)
    with a_client(served.url) as client:
        for path in STREAMS:
            told = document[path]["GET"].definition.raw["responses"]["200"]["content"]
            answer = ask(client, "GET", path)
            assert answer.headers["content-type"].partition(";")[0] in told


class TestAFaultWouldBeSeen:
    """The checks above find what they are for."""

    def test_a_status_that_is_not_described(self, served: AttackedHub) -> None:
        (operation,) = [one for one in OPERATIONS if one.label == f"GET {API}/venues"]
        case = operation.Case()
        answer = case.call(base_url=served.url)
        answer.status_code = 418
        with pytest.raises(BaseException, match="418"):
            case.validate_response(answer, checks=CHECKS)

    def test_a_body_of_another_shape(self, served: AttackedHub) -> None:
        (operation,) = [one for one in OPERATIONS if one.label == f"GET {API}/venues"]
        case = operation.Case()
        answer = case.call(base_url=served.url)
        answer.content = b'{"name": 1}'
        with pytest.raises(BaseException, match="schema"):
            case.validate_response(answer, checks=CHECKS)
