"""What the page asks is answered; what cannot be answered is refused in one line, never with a 5xx."""

import base64
import io
import json
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests send real files
from safetensors.numpy import load
from starlette.testclient import TestClient

from striate.blueprint import Blueprint
from striate.studio.app import create_app
from striate.studio.opening import subject_from


def png(width, height):
    """Return a PNG's bytes that claims a size and has next to no pixels."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(bytes(9))) + part(b"IEND", b"")


def stored(pixels, kind="PNG"):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def drawn(pixels):
    return {"height": pixels.shape[0], "width": pixels.shape[1], "pixels": base64.b64encode(pixels.tobytes()).decode()}


@pytest.fixture
def failed(client):
    """Asks, and returns what went wrong: status, code, message; it is one line of ours."""

    def asked(method, path, **what):
        answer = client.request(method, path, **what)
        failure = answer.json()

        assert sorted(failure) == ["code", "hint", "message"]
        assert "\n" not in failure["message"]
        assert answer.status_code < 500, failure
        return answer.status_code, failure["code"], failure["message"]

    return asked


def client_of(text):
    return TestClient(create_app(subject_from(Blueprint.from_text(text))), raise_server_exceptions=False)


def test_the_network_is_told_layer_by_layer(client):
    told = client.get("/api/network").json()

    assert [row["name"] for row in told["rows"]] == ["conv1", "maxpool1", "conv2", "maxpool2", "fc1", "classes"]
    assert [row["channels"] for row in told["rows"]] == [8, 8, 16, 16, 32, 10]
    assert [row["sizes"] for row in told["rows"]] == [[28, 28], [14, 14], [14, 14], [7, 7], [], []]
    assert [row["reads"] for row in told["rows"]] == [[-1], [0], [1], [2], [3], [4]]
    # By hand: 3, 3 + 1, 4 + 2 × 2, 8 + 2; a fully connected layer reads all.
    assert [row["sees"] for row in told["rows"]] == ["3×3", "4×4", "8×8", "10×10", "everything", "everything"]
    assert told["input"]["shape"] == [1, 28, 28]
    assert told["input"]["is_centred"]
    assert (told["samples"], told["data"]) == (5000, "digits")


def test_a_sample_is_answered_as_the_module_answers(client, studio, digits):
    told = client.post("/api/looks/sample", json={"sample": 2500}).json()
    how = studio.network.preprocessing
    with torch.no_grad():
        scores = studio.network.module((digits.read(2500)[None] / 255 - how.mean[0]) / how.std[0])[0]

    assert told["target"] == digits.samples[2500].target
    assert told["words"] == f"Number 2500 of digits, {told['target']}; as stored."
    np.testing.assert_allclose([answer["score"] for answer in told["answers"]], scores.numpy(), atol=1e-5)
    np.testing.assert_allclose([answer["probability"] for answer in told["answers"]], scores.softmax(0), atol=1e-6)
    assert client.get(f"/api/looks/{told['key']}").json() == told


def test_a_drawing_and_a_picture_of_a_digit_are_the_digit(client, digits):
    pixels = digits.read(600)[0].numpy()
    sample = client.post("/api/looks/sample", json={"sample": 600}).json()
    picture = client.post("/api/looks/picture", content=stored(pixels)).json()
    drawing = client.post("/api/looks/drawing", json=drawn(np.pad(pixels, ((9, 3), (0, 40))))).json()

    assert picture["key"] == sample["key"] == drawing["key"]
    assert (picture["words"], picture["target"]) == ("A picture of 28×28 pixels.", None)
    assert drawing["words"].startswith("Centred: the strokes, ")


def test_what_follows_a_pen_is_the_look_and_its_strips_in_one_answer(client, digits):
    wanted = drawn(digits.read(600)[0].numpy())
    apart = client.post("/api/looks/drawing", json=wanted).json()
    query = {"first": 1, "last": 3, "count": 5, "side": 14}
    strips = load(client.get(f"/api/looks/{apart['key']}/strips", params=query).content)
    together = client.post("/api/looks/drawing/strips", params=query, json=wanted)
    found = load(together.content)
    told = json.loads(found.pop("told").tobytes())

    assert together.status_code == 200
    assert told == apart
    assert found.keys() == strips.keys()
    assert {"values.1", "channels.2"} <= found.keys()
    for name, values in strips.items():
        np.testing.assert_array_equal(found[name], values)


def test_pictures_are_kept_by_a_browser_for_good_and_answers_are_not(client):
    made = client.post("/api/looks/sample", json={"sample": 0})
    wall = client.get(f"/api/looks/{made.json()['key']}/walls/0")

    assert wall.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert wall.headers["content-type"] == "application/octet-stream"
    assert "immutable" not in made.headers.get("cache-control", "")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not an image of a known kind"),
        (b"GIF89a", "broken or truncated"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image of a known kind"),
        (png(100_000, 100_000), "larger than 64,000,000 pixels"),
        (png(3000, 3000), "broken or truncated"),
        (stored(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8), "JPEG")[:700], "broken or truncated"),
    ],
    ids=["empty", "cut gif", "svg", "bomb", "no pixels", "cut jpeg"],
)
def test_what_is_no_whole_picture_is_refused(failed, content, told):
    status, code, message = failed("POST", "/api/looks/picture", content=content)

    assert (status, code) == (422, "data")
    assert told in message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (drawn(np.zeros((4, 5), np.uint8)) | {"height": 5}, "must have height × width pixels; got 20"),
        (drawn(np.zeros((4, 5), np.uint8)) | {"pixels": "AAAA*AAA"}, "must be base64"),
        (drawn(np.zeros((4, 5), np.uint8)) | {"pixels": "ÄÖ=="}, "must be base64"),
        (drawn(np.zeros((4, 5), np.uint8)) | {"pixels": "A"}, "must be base64"),
        ({"height": 4, "width": 1025, "pixels": ""}, "body.width"),
        ({"height": 0, "width": 5, "pixels": ""}, "body.height"),
        ({"height": 1, "width": 1, "pixels": "A" * 1_400_001}, "body.pixels"),
        ({"height": 1, "width": 1}, "Field required (at body.pixels)"),
        ({"height": True, "width": 1, "pixels": [1]}, "body."),
    ],
)
def test_a_drawing_that_is_not_what_it_says_is_refused(failed, body, told):
    status, code, message = failed("POST", "/api/looks/drawing", json=body)

    assert (status, code) == (422, "input")
    assert told in message


@pytest.mark.parametrize(
    ("method", "path", "what", "status", "told"),
    [
        ("POST", "/api/looks/sample", {"json": {"sample": 5000}}, 422, "5000"),
        ("POST", "/api/looks/sample", {"json": {"sample": -1}}, 422, "body.sample"),
        ("POST", "/api/looks/sample", {"json": {"sample": 10**40}}, 422, "must be"),
        ("POST", "/api/looks/sample", {"content": b"{"}, 422, "a request must be as the page makes it"),
        ("POST", "/api/looks/sample", {"content": b"[" * 100_000}, 422, "must"),
        ("GET", "/api/samples?first=5000", {}, 422, "got from 5000"),
        ("GET", "/api/samples?count=201", {}, 422, "query.count"),
        ("GET", "/api/samples?first=1e9", {}, 422, "query.first"),
        ("GET", "/api/looks/0123456789abcdef", {}, 404, "Give the input again."),
        ("GET", "/api/looks/0123456789abcdef/walls/0", {}, 404, "Give the input again."),
        ("GET", "/api/looks/..%2f..%2fetc", {}, 404, "must be one the studio answers"),
        ("GET", "/api/looks/KEY", {}, 422, "path.key"),
        ("GET", "/api/nothing", {}, 404, "got GET /api/nothing"),
        ("DELETE", "/api/network", {}, 405, "got DELETE /api/network"),
    ],
)
def test_what_cannot_be_answered_says_why(failed, method, path, what, status, told):
    found = failed(method, path, **what)

    assert found[0] == status
    assert told in found[2]


def test_a_row_that_is_not_there_is_refused(client, failed):
    key = client.post("/api/looks/sample", json={"sample": 0}).json()["key"]

    assert failed("GET", f"/api/looks/{key}/walls/6")[2].startswith("a layer's number must be 0 … 5; got 6")
    assert failed("GET", f"/api/looks/{key}/walls/0?side=225")[0] == 422
    assert failed("GET", f"/api/looks/{key}/strips?first=0")[2].startswith("a request must be as the page makes it")
    assert client.get(f"/api/looks/{key}/strips?first=6&last=9").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2f__init__.py",
        "/assets/..%2f..%2f..%2fwire.py",
        "//etc/passwd",
        "/%00",
        "/assets/%2e%2e/%2e%2e/report.html",
    ],
)
def test_no_file_beside_the_page_is_given(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown-name"


def test_without_data_there_is_nothing_to_choose():
    client = client_of("input 1x8x8; conv 3x3 4, relu; classes 3")
    told = client.get("/api/network").json()

    assert (told["samples"], told["data"]) == (0, "")
    assert client.get("/api/samples").status_code == 422
    assert "got no data" in client.post("/api/looks/sample", json={"sample": 0}).json()["message"]
    assert client.post("/api/looks/drawing", json=drawn(np.ones((8, 8), np.uint8))).status_code == 200


@pytest.mark.parametrize(
    "text", ["input 2x160; conv 5 8, relu; fc 4; classes 3", "input 1x8x8x8; conv 3 4, relu; classes 3"]
)
def test_no_picture_goes_to_a_network_of_signals_or_volumes(text):
    client = client_of(text)
    answers = [
        client.post("/api/looks/drawing", json=drawn(np.ones((8, 8), np.uint8))),
        client.post("/api/looks/picture", content=stored(np.ones((8, 8), np.uint8))),
    ]

    assert client.get("/api/network").status_code == 200
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("must go to a network that reads images" in answer.json()["message"] for answer in answers)


def test_a_picture_is_scaled_and_cut_as_the_network_wants_it_and_that_is_said(client):
    told = client.post("/api/looks/picture", content=stored(np.zeros((40, 60, 3), np.uint8), "JPEG")).json()

    assert (
        told["words"]
        == "A picture of 40×60 pixels, 40×60×3 → 28×28×1: made grey, 1.43 times smaller, its centre cut out; 67\u202f% of it seen."
    )


def test_a_fault_of_ours_is_one_line_too(client, monkeypatch):
    from striate.studio.looks import pictures

    monkeypatch.setattr(pictures, "wall", lambda *_, **__: 1 // 0)
    key = client.post("/api/looks/sample", json={"sample": 0}).json()["key"]
    answer = client.get(f"/api/looks/{key}/walls/0")

    assert answer.status_code == 500
    assert answer.json() == {
        "code": "bug",
        "message": "our fault: ZeroDivisionError: integer division or modulo by zero.",
        "hint": "",
    }
