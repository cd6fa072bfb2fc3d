"""All rules over ResNet-50's table take under 50 ms of one processor, without torch."""

import subprocess
import sys

import pytest

LOOK = """
import statistics, sys, time
from pathlib import Path
from striate.graph import Graph
from striate.lint import lint
graph = Graph.from_json(Path(sys.argv[1]).read_text())
seconds = []
for _ in range(9):
    began = time.process_time()
    lint(graph=graph)
    seconds.append(time.process_time() - began)
assert not {"torch", "numpy"} & set(sys.modules)
print(statistics.median(seconds) * 1000)
"""


@pytest.mark.slow
def test_all_rules_over_resnet50_take_under_50_ms(tmp_path):
    import torchvision

    from striate.trace import trace

    path = tmp_path / "resnet50.json"
    path.write_text(trace(torchvision.models.resnet50(weights=None), (1, 3, 224, 224)).graph.to_json())
    done = subprocess.run([sys.executable, "-c", LOOK, str(path)], capture_output=True, text=True, check=True)

    assert float(done.stdout) < 50
