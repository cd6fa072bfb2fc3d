"""The network one starts from: the lecture's template, sized for digits."""

# Small filters in pairs, maps that shrink as they get more of them, and a small head.
STARTER_TEXT = (
    "input 1x28x28; (conv 3x3 16, batchnorm, relu) x2; maxpool 2; (conv 3x3 32, batchnorm, relu) x2; maxpool 2; "
    "fc 64, relu, dropout 0.5; classes 10"
)
