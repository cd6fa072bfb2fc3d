from torch import nn

from striate.events import Events
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.report.gathering.gather import _class_images


class Detached(nn.Sequential):
    """Scores that no gradient leads back from."""

    def forward(self, x):
        return super().forward(x).detach()


def test_a_network_that_cannot_be_climbed_has_no_class_images_and_the_log_says_why(digits):
    class Listener(Events):
        said = ()

        def log(self, text):
            self.said += (text,)

    network = Network(
        module=Detached(nn.Flatten(), nn.Linear(28 * 28, 10)).eval(),
        preprocessing=Preprocessing(shape=(1, 28, 28), mean=(0.5,), std=(0.25,)),
        output=Output(kind="classes", names=tuple("0123456789")),
        origin=Origin(kind="module", text="toy"),
    )
    listener = Listener()

    assert _class_images(network, digits, [0, 1], 2, 0, listener) is None
    assert [text.split(";")[0] for text in listener.said] == [
        "no class images: what is climbed must depend on the image in a differentiable way"
    ]
