"""How smoothly the page of a map moves 100,000 points without a graphics card, and how large it is.

Run: make bench, or python benchmarks/map_page.py [points]

The points are drawn at random round 20 places: the question is time, and time does not ask where they come from. The pictures
are the built-in digits. Work is all that Chromium's main thread does for a frame: script, style, layout and painting; at 60 Hz a
frame has 16.7 ms. Beside it stands what one would write instead: the same dots by `fillRect` on a canvas of the same size.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import heading

from striate.data import load_data
from striate.page.map_wire import MapChannel, MapPlacing, VectorMap
from striate.page.wire import Caption, Page, Scale, Section
from striate.report.arrays import ArrayStore
from striate.report.html import write_report
from striate.report.pictures.thumbnails import spread_evenly

STEPS = 60
RUNS = 5
CLASSES = 20
PICTURES = 5000

# Each gesture is one call a frame, as a hand moves: events of a mouse and of keys, sent to the map itself.
DRIVE = """async ({gesture, steps}) => {
  const map = document.querySelector('[role=grid]');
  const box = map.getBoundingClientRect();
  const at = (x, y) => ({clientX: box.left + x, clientY: box.top + y, bubbles: true, pointerId: 1,
                         pointerType: 'mouse', button: 0, buttons: 1, isPrimary: true});
  const frame = () => new Promise(requestAnimationFrame);
  map.setPointerCapture = () => {};
  const middle = [box.width / 2, box.height / 2];
  await frame();
  const began = performance.now();
  if (gesture === 'pan' || gesture === 'lasso')
    map.dispatchEvent(new PointerEvent('pointerdown', {...at(...middle), shiftKey: gesture === 'lasso'}));
  for (let k = 0; k < steps; k++) {
    const turn = 2 * Math.PI * k / steps;
    const place = at(middle[0] + 120 * Math.cos(turn), middle[1] + 120 * Math.sin(turn));
    if (gesture === 'pan' || gesture === 'lasso' || gesture === 'hover')
      map.dispatchEvent(new PointerEvent('pointermove', place));
    if (gesture === 'zoom')
      map.dispatchEvent(new WheelEvent('wheel', {...place, deltaY: k < steps / 2 ? -20 : 20, ctrlKey: true, cancelable: true}));
    await frame();
  }
  const took = performance.now() - began;
  if (gesture === 'pan' || gesture === 'lasso') map.dispatchEvent(new PointerEvent('pointerup', at(...middle)));
  await frame();
  await frame();
  return 1000 * steps / took;
}"""

TO_LAYER = """async () => {
  const slider = document.querySelector('input[type=range]');
  slider.value = 1;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  await new Promise(done => setTimeout(done, 600));
}"""

RECTANGLES = """async ({steps, points}) => {
  const shown = document.querySelector('[role=grid] canvas');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [shown.width, shown.height];
  document.body.prepend(canvas);
  const context = canvas.getContext('2d');
  const colours = Array.from({length: 20}, (_, k) => `hsl(${18 * k} 60% 45%)`);
  const x = Float32Array.from({length: points}, () => Math.random() * canvas.width);
  const y = Float32Array.from({length: points}, () => Math.random() * canvas.height);
  for (let k = 0; k < steps; k++) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < points; i++) {
      if (i % (points / 20) === 0) context.fillStyle = colours[Math.floor(i / (points / 20))];
      context.fillRect(x[i] + k, y[i], 3, 3);
    }
    await new Promise(requestAnimationFrame);
  }
  canvas.remove();
}"""

FIRST = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def write_page(path: Path, count: int, *, layers: int = 3) -> None:
    """Write a page with one map."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, count)
    arrays = ArrayStore()
    placings = []
    for layer in range(layers):
        places = rng.uniform(-0.8, 0.8, (CLASSES, 2))[labels] + rng.normal(0, 0.06, (count, 2))
        places = np.clip(places, -1, 1)
        placings.append(
            MapPlacing(
                layer=f"block{layer + 1}",
                method="t-SNE",
                settings="drawn at random",
                is_drawn=True,
                points=arrays.places(f"points-{layer}", places),
                judged="",
            )
        )
    digits = load_data("digits")
    pictures = np.stack([digits.read(i)[0].numpy().astype(np.uint8) for i in range(PICTURES)])
    chosen = spread_evenly(places, min(PICTURES, count))
    words = [f"class {number}" for number in range(CLASSES)]
    colours = [number if number < 12 else -1 for number in range(CLASSES)]
    figure = VectorMap(
        placings=placings,
        channels=[
            MapChannel(
                name="label", kind="classes", array=arrays.codes("labels", labels), words=words, colours=colours
            ),
            MapChannel(name="loss", kind="values", array=arrays.numbers("loss", rng.exponential(1, count))),
        ],
        ids=[f"{number:016x}" for number in range(count)],
        pictures=arrays.images("pictures", pictures[: len(chosen)]),
        pictured=arrays.codes("pictured", np.array(chosen)),
        scale=Scale(kind="grey", low=0, high=255, unit="brightness"),
    )
    caption = Caption(shown="", should_see="", wrong_if="", source="")
    section = Section(id="map", term="Map", judgement=None, sentence="Points.", figures=[figure], caption=caption)
    page = Page.model_validate(
        {
            "schema": "striate/page/1",
            **dict.fromkeys(("title", "run_line", "verdict", "prose", "findings_sentence"), "Points"),
            **{key: [] for key in ("facts", "findings", "found_nothing", "could_not_look")},
            "sections": [section],
        }
    )
    write_report(path, page, arrays)


def work_ms(page, session, call, *arguments) -> tuple[float, float]:
    """Return the milliseconds that the main thread works for a call, by Chromium's own count, and what the call returns."""

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    before = spent()
    found = page.evaluate(call, *arguments)
    return 1000 * (spent() - before), found


def main(count: int) -> None:
    """Print one line a gesture."""
    from playwright.sync_api import sync_playwright

    print(heading(f"The page of a map with {count} points, medians of {RUNS} runs"))
    path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "map.html"
        began = time.perf_counter()
        write_page(file, count)
        print(f"written in {time.perf_counter() - began:.1f} s, {file.stat().st_size / 1e6:.1f} MB, limit 40 MB")
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        opened, times, frames = [], {}, {}
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(file.as_uri(), wait_until="load")
            opened.append(page.evaluate(FIRST))
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            for marks in ("dots", "pictures"):
                page.get_by_label(marks, exact=True).check()
                page.get_by_role("button", name="Whole map").click()
                page.get_by_role("button", name="Nearer").click(click_count=2)
                page.wait_for_timeout(300)
                for gesture in ("pan", "zoom", "hover", "lasso"):
                    spent, pace = work_ms(page, session, DRIVE, {"gesture": gesture, "steps": STEPS})
                    times.setdefault(f"{marks}: {gesture}", []).append(spent / STEPS)
                    frames.setdefault(f"{marks}: {gesture}", []).append(pace)
            page.get_by_label("dots", exact=True).check()
            times.setdefault("dots: to another layer, all its frames", []).append(work_ms(page, session, TO_LAYER)[0])
            spent, _ = work_ms(page, session, RECTANGLES, {"steps": STEPS, "points": count})
            times.setdefault("the same dots by fillRect", []).append(spent / STEPS)
            page.close()
        browser.close()
    print(f"from opening to the first drawing   {statistics.median(opened):.0f} ms")
    for name, spent in times.items():
        print(f"{name:<40}{statistics.median(spent):6.1f} ms of work{'' if 'all' in name else ' a frame'}")
    for name in ("dots: pan", "pictures: pan"):
        slowest, fastest = min(frames[name]), max(frames[name])
        print(f"{name:<40}{statistics.median(frames[name]):6.1f} frames/s ({slowest:.0f} to {fastest:.0f}), limit 30")
    ratios = [
        rectangles / own for rectangles, own in zip(times["the same dots by fillRect"], times["dots: pan"], strict=True)
    ]
    print(f"fillRect beside moving the map: {statistics.median(ratios):.1f} × the work")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
