"""How soon the studio's page answers a stroke and a picture, how smoothly a wall of 2,048 channels scrolls, and its size.

Run: make bench, or python benchmarks/studio.py

The real server in a process of its own, and headless Chromium without a graphics card, on the same machine. A stroke counts
from the pointer's event to the frame after every canvas in sight was painted anew, a neuron from the click on it to the frame
after the last change of the strips, the lines and the sum it reads. The time to the first wall counts from the choice of a
picture to the frame that shows every channel of one layer; beside it stands the network's own forward pass, measured in torch
with the same number of threads. Networks carry random weights: their time does not ask for better ones.
"""

import contextlib
import gzip
import io
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
import torch
from machine import heading

from striate.blueprint import Blueprint
from striate.blueprint.starter import STARTER_TEXT
from striate.nets import load_network
from striate.page import studio_page

TOKEN = "abcdefghijklmnopqrstuvwx"
WIDE = """schema: striate/blueprint/2
input: 1x28x28
layers:
- conv 3x3 8, relu
- maxpool 4
- conv 1x1 2048, relu
- globalavgpool
output: classes 10
"""
LARGE = {"timm:efficientnet_lite0": "blocks.4.0.conv_dw", "torchvision:resnet50": "layer3.0.conv2"}
RUNS = 5
# conv3 of the demo's network: it reads sixteen channels.
CHOSEN_ROW = 3

FOLLOW_STROKES = """() => {
  window.strokes = [];
  new PerformanceObserver(list => {
    for (const {startTime} of list.getEntriesByName('stroke to layers'))
      requestAnimationFrame(() => strokes.push(performance.now() - startTime));
  }).observe({entryTypes: ['measure']});
}"""

FOLLOW_WALL = """() => {
  document.addEventListener('change', () => window.began = performance.now(), true);
  new MutationObserver((_, observer) => {
    if (!document.querySelector('[role=grid] [role=gridcell]')) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => window.shown = performance.now()));
  }).observe(document.body, {childList: true, subtree: true});
}"""

# A neuron is chosen with the pointer on its row's strip. Until nothing of the spine or of the sum changes any more: the strips of
# what it reads are put in order, then the lines to them are drawn, then the sum's table.
CHOOSE = """async x => {
  let last = 0;
  const observer = new MutationObserver(() => requestAnimationFrame(() => last = performance.now()));
  const all = {attributes: true, childList: true, characterData: true, subtree: true};
  observer.observe(document.querySelector('.spine'), all);
  const sum = document.querySelector('table.sum');
  if (sum) observer.observe(sum, all);
  const strip = document.querySelector('ROW .row-strip');
  const {left, top} = strip.getBoundingClientRect();
  const began = performance.now();
  strip.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: left + x, clientY: top + 20}));
  do await new Promise(done => setTimeout(done, 100)); while (performance.now() - Math.max(last, began) < 400);
  observer.disconnect();
  return last - began;
}"""

SCROLL = """async steps => {
  const wall = document.querySelector('[role=grid]');
  const began = performance.now();
  for (let k = 0; k < steps; k++) {
    wall.scrollTop += 60;
    await new Promise(requestAnimationFrame);
  }
  return 1000 * steps / (performance.now() - began);
}"""


@contextlib.contextmanager
def studio(*arguments: str, is_awaited: bool = True):
    """Start a studio and give its address, once the network is open unless nobody waits for it."""
    command = [sys.executable, "-m", "striate", "studio", *arguments, "--token", TOKEN, "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        while is_awaited and not is_open(address):
            time.sleep(0.2)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


def is_open(address: str) -> bool:
    """Return whether a studio's network is open."""
    base, _, token = address.partition("?token=")
    request = urllib.request.Request(f"{base}api/beginning", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["state"] == "ready"


@contextlib.contextmanager
def opened(browser, address: str, view: str = ""):
    """Open a studio in a browser that knows nothing of it yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(address)
    if view:
        page.goto(address.partition("?")[0] + view)
        page.reload()
    page.locator("h2").first.wait_for()
    yield page
    context.close()


def strokes_ms(page, *, count: int, pause_ms: int) -> list[float]:
    """Draw along a spiral, a piece at a time, and return how long each took to be shown."""
    box = page.get_by_role("application").bounding_box()
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(500)
    page.evaluate(FOLLOW_STROKES)
    for k in range(count):
        radius, turn = 0.1 + 0.3 * k / count, 0.4 * k
        x, y = 0.5 + radius * np.cos(turn), 0.5 + radius * np.sin(turn)
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if k == 0:
            page.mouse.down()
        page.wait_for_timeout(pause_ms)
    page.mouse.up()
    page.wait_for_timeout(500)
    return page.evaluate("strokes")


def neuron_ms(page, row: int, turns: int) -> list[float]:
    """Choose two neurons of a row by turns, and return how long each took until its connections and its sum were shown."""
    found = [
        page.evaluate(CHOOSE.replace("ROW", f'[data-row="{row}"]'), 20 + 50 * (turn % 2)) for turn in range(turns + 2)
    ]
    # A turn in which nothing changed would end before it began.
    assert min(found) > 0, "no neuron was shown"
    assert page.locator(".spine > svg path").count() > 1, "no lines were drawn"
    return found[2:]


def _until(page, true: str) -> None:
    """Wait as `wait_for_function` does, which the page's content policy forbids."""
    while not page.evaluate(true):
        page.wait_for_timeout(20)


def forward_ms(reference: str) -> float:
    """Return the median time of a network's own forward pass of one picture."""
    network = load_network(reference)
    inputs = torch.randn(1, *network.input_shape)
    found = []
    with torch.inference_mode():
        for _ in range(RUNS + 2):
            began = time.perf_counter()
            network.module.eval()(inputs)
            found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found[2:])


def picture(seed: int) -> dict[str, object]:
    """Return a photograph's worth of noise, as a file input takes it."""
    from PIL import Image

    file = io.BytesIO()
    values = np.random.default_rng(seed).integers(0, 256, (224, 224, 3), np.uint8)
    Image.fromarray(values).save(file, "PNG")
    return {"name": f"{seed}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def first_wall_ms(browser, address: str, layer: str) -> float:
    """Return the median time from a picture that is chosen to the frame that shows a layer's wall."""
    found = []
    for run in range(RUNS):
        with opened(browser, address, f"#/explore?open={layer}") as page:
            page.evaluate(FOLLOW_WALL)
            page.locator("input[type=file]").set_input_files(picture(run))
            _until(page, "window.shown > 0")
            found.append(page.evaluate("shown - began"))
    return statistics.median(found)


def scrolling(browser, address: str) -> tuple[float, float]:
    """Return frames per second on a wall of 2,048 channels, and the main thread's work a frame in milliseconds."""
    steps = 200
    with opened(browser, address, "#/explore?open=conv2") as page:
        box = page.get_by_role("application").bounding_box()
        page.mouse.click(box["x"] + 100, box["y"] + 100)
        page.locator("[role=gridcell]").first.wait_for()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")

        def spent() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

        before = spent()
        frames = page.evaluate(SCROLL, steps)
        return frames, 1000 * (spent() - before) / steps


def first_paint_ms(browser, address: str) -> float:
    """Return the median time from the opened address to the first contents."""
    found = []
    for _ in range(RUNS):
        with opened(browser, address) as page:
            call = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            _until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
            found.append(page.evaluate(call))
    return statistics.median(found)


def start_s(browser, network: Path) -> tuple[float, float]:
    """Return the time from the command to the first strip that is drawn, and to the page."""
    began = time.perf_counter()
    with studio(str(network), "digits", is_awaited=False) as address, opened(browser, address) as page:
        is_there = time.perf_counter() - began
        page.locator('[data-row="0"] canvas').wait_for()
        return time.perf_counter() - began, is_there


def page_bytes() -> int:
    """Return what is loaded to begin with, compressed."""
    page = studio_page() / "index.html"
    named = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page.read_text())
    return sum(len(gzip.compress(path.read_bytes())) for path in (page, *(page.parent / name for name in named)))


def main() -> None:
    """Print each figure beside its limit."""
    from playwright.sync_api import sync_playwright

    print(heading("The studio's page, medians"))
    print(f"compressed                                 {page_bytes() / 1000:6.1f} kB       limit 100")
    path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        demo, wide = Path(folder) / "demo.yaml", Path(folder) / "wide.yaml"
        demo.write_text(Blueprint.from_text(STARTER_TEXT).to_yaml())
        wide.write_text(WIDE)
        starts = [start_s(browser, demo) for _ in range(RUNS)]
        print(
            f"start to usable                            {statistics.median(one for one, _ in starts):6.1f} s        limit 6"
        )
        print(f"  of which until the page is there         {statistics.median(one for _, one in starts):6.1f} s")
        with studio(str(demo), "digits") as address:
            print(
                f"first paint                                {first_paint_ms(browser, address):6.0f} ms       limit 500"
            )
            with opened(browser, address) as page:
                page.locator('[data-row="0"] canvas').wait_for()
                page.wait_for_timeout(500)
                slow = statistics.median(strokes_ms(page, count=40, pause_ms=120))
                print(f"stroke to every layer, 8 pieces a second   {slow:6.0f} ms       limit 60")
                fast = statistics.median(strokes_ms(page, count=100, pause_ms=10))
                print(f"stroke to every layer, as fast as it goes  {fast:6.0f} ms")
                neuron = statistics.median(neuron_ms(page, CHOSEN_ROW, turns=20))
                print(f"neuron chosen to its connections           {neuron:6.0f} ms       limit 50")
        with studio(str(wide)) as address:
            frames, work = scrolling(browser, address)
            print(
                f"scrolling 2048 channels                    {frames:6.1f} frames/s limit 50, {work:.1f} ms of work each"
            )
        for reference, layer in LARGE.items():
            own = forward_ms(reference)
            with studio(reference) as address:
                whole = first_wall_ms(browser, address, layer)
            print(
                f"picture to wall, {reference:<25} {whole:6.0f} ms, forward pass {own:.0f}: {whole - own:.0f} beyond, limit 400"
            )
        browser.close()


if __name__ == "__main__":
    main()
