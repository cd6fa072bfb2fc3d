"""Whatever a request looks like that the description allows, or nearly allows, the answer is one it promises, and no fault."""

import shutil
from contextlib import nullcontext, suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from striate.studio.app import create_app
from striate.studio.looks.describing import told
from striate.studio.looks.given import of_sample
from striate.studio.map_wire import MapWanted
from striate.studio.mapping.making import mapped
from striate.studio.opening import subject_from
from striate.studio.wire import SampleWanted
from striate.studio.work.longwork import surveyed

NEGATIVE = schemathesis.GenerationMode.NEGATIVE
EXAMPLES = 6
# What is checked of every answer; the server is asked in this process.
QUIET = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
]


@pytest.fixture(scope="module")
def studio(small_run, digits, tmp_path_factory):
    """A run of its own: trainings that are asked for lie beside it."""
    folder = tmp_path_factory.mktemp("home") / "run"
    shutil.copytree(small_run, folder)
    return subject_from(str(folder), digits)


@pytest.fixture(scope="module")
def app(studio):
    found = create_app(studio)
    yield found
    found.state.jobs.close()
    found.state.trainings.close()


@pytest.fixture(scope="module")
def description(app):
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module")
def key(app, studio):
    """A look that is there, and a survey, so that the routes behind them are reached."""
    app.state.jobs.begin("survey", {"of": "this test"}, lambda events: surveyed(studio, 100, events=events))
    app.state.jobs.wait()
    return told(studio, app.state.looks.take(of_sample(studio, SampleWanted(sample=0)))).key


@pytest.fixture(scope="module")
def chart(app, studio):
    """A map that is made."""
    wanted = MapWanted(samples=20)
    work = app.state.jobs.begin("map", {"of": "this test"}, lambda events: mapped(studio, wanted, events=events))
    app.state.jobs.wait()
    return work.key


def operations(description):
    return [found.ok() for found in description.get_all_operations()]


def asked(operation, mode, rooms, key=""):
    """Ask an operation what its description allows, or does not; what breaks it is raised with its request."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=QUIET,
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        if key and "key" in case.path_parameters:
            case.path_parameters["key"] = key
        response = case.call()
        # Jobs of any size may be begun; they need not be done here.
        for jobs in rooms:
            for work in jobs.all():
                work.cancel()
            jobs.wait()
        statuses.append(response.status_code)
        case.validate_response(response, checks=[schemathesis.checks.not_a_server_error, *conforms(mode)])

    statuses = []
    # Where everything that could be asked is as described, nothing else can be asked.
    with suppress(Unsatisfiable) if mode == NEGATIVE else nullcontext():
        ask()
    return statuses


def can_be_wrong(app, label):
    """Whether the description of an operation leaves something out that a request could hold: any text is right in some."""
    method, path = label.split(" ")
    said = app.openapi()["paths"][path][method.lower()]
    limits = [
        one["schema"].keys() - {"title", "type", "description"} or one["schema"].get("type") != "string"
        for one in said.get("parameters", [])
    ]
    return any(limits) or "application/json" in said.get("requestBody", {}).get("content", {})


def conforms(mode):
    from schemathesis.specs.openapi import checks

    return [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_no_request_breaks_the_server(app, description, key, chart, mode):
    reached, answered = set(), set()
    rooms = (app.state.jobs, app.state.trainings.jobs)
    for operation in operations(description):
        statuses = asked(operation, mode, rooms)
        if "{key}" in operation.label:
            statuses += asked(operation, mode, rooms, chart if "/api/maps/" in operation.label else key)
        answered |= {operation.label} if 200 in statuses else set()
        reached |= {operation.label} if statuses else set()

        assert max(statuses, default=0) < 500
    every = {operation.label for operation in operations(description)}
    assert mode == NEGATIVE or "GET /api/maps/{key}" in answered
    assert reached >= ({label for label in every if can_be_wrong(app, label)} if mode == NEGATIVE else every)
