"""How long the quick commands take as whole processes, and how large and quick a report is.

Run: make bench, or python benchmarks/commands.py [report.html]
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import heading

from striate.blueprint.starter import STARTER_TEXT

RUNS = 7
USABLE = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def seconds(command: list[str], folder: str) -> float:
    """Return the median time of a command over several runs, after one that is not counted."""
    times = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def usable_ms(report: Path) -> float:
    """Return the milliseconds from navigation until two frames were drawn after loading; median of several."""
    from playwright.sync_api import sync_playwright

    path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        times = []
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(report.resolve().as_uri(), wait_until="load")
            times.append(page.evaluate(USABLE))
            page.close()
        browser.close()
    return statistics.median(times)


def main(report: Path | None) -> None:
    """Print one line a figure."""
    print(heading("Commands as whole processes, median"))
    binary = str(Path(sys.executable).parent / "striate")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [binary, "new", "net.yaml", "--text", STARTER_TEXT], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        print(f"striate --help          {seconds([binary, '--help'], folder):.2f} s")
        print(f"striate check net.yaml  {seconds([binary, 'check', 'net.yaml'], folder):.2f} s, target 0.5 s")
        print(
            f"python -c 'import torch' {seconds([sys.executable, '-c', 'import torch'], folder):.2f} s, for comparison"
        )
    if report is not None and report.is_file():
        print(
            f"{report}: {report.stat().st_size / 1e6:.2f} MB, target 8 MB; usable after {usable_ms(report):.0f} ms, target 1000"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("demo/report.html"))
