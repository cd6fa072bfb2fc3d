"""A blueprint as PyTorch source that runs without Striate; its state dict fits the network that Striate builds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from striate.blueprint.model import Blueprint
from striate.blueprint.module_source import module_sources
from striate.blueprint.modules import Module
from striate.blueprint.paper import written
from striate.errors import BlueprintError
from striate.graph import times
from striate.records.output import Output

# The class whose instances join branches, by the kind they join in; and that of a network with several outputs.
JOIN_CLASSES = {"add": "Add", "mul": "Multiply", "concat": "Concat"}
WITH_HEADS = "WithHeads"
_INDENT = "    "


def source(plan: Blueprint, *, name: str = "Net") -> str:
    """Return the source; see `Blueprint.to_source`."""
    modules = written(plan).modules
    writer = _Source()
    body = "\n".join(writer.rows(modules, 4))
    heads = [module.name for module in modules if module.sort == "head"]
    if heads:
        writer.files.append("with_heads")
    parent = WITH_HEADS if heads else "nn.Sequential"
    last = f",\n{_INDENT * 3}heads={heads!r}," if heads else ""
    size = ", ".join(map(str, plan.input))
    imports, classes = module_sources(tuple(dict.fromkeys(writer.files)))
    shown = (
        f"[answer.shape for answer in {name}()(torch.zeros(2, {size}))]"
        if heads
        else f"{name}()(torch.zeros(2, {size})).shape"
    )
    return f'''# {plan.to_text()}
"""A network written by Striate."""

{imports}


{classes}class {name}({parent}):
    """Reads (n, {size}); {answers(plan)}."""

    def __init__(self) -> None:
        super().__init__(
            OrderedDict([
{body}
            ]){last}
        )


if __name__ == "__main__":
    print({shown})
'''


def answers(plan: Blueprint) -> str:
    """Return in words what a network answers with, and what each output is trained with."""
    outputs: list[Output] = [plan.outputs, *(head.outputs for head in plan.heads)]
    return "; ".join(f"answers with {o.count} {o.kind}, trained with {o.loss}" for o in outputs)


@dataclass(slots=True)
class _Source:
    """Writes modules as rows of source, and notes the classes torch does not have."""

    files: list[str] = field(default_factory=list)

    def rows(self, modules: Sequence[Module], depth: int) -> Iterator[str]:
        """Yield the rows of named modules, with what each gives behind it."""
        indent = _INDENT * depth
        plain = [self.constructor(module) if module.sort == "op" else "" for module in modules]
        texts = [f'{indent}("{module.name}", {text}),' for module, text in zip(modules, plain, strict=True)]
        width = max((len(text) for text, call in zip(texts, plain, strict=True) if call), default=0)
        for module, text in zip(modules, texts, strict=True):
            if module.sort == "op":
                yield f"{text:<{width}}  # {times(module.shape[1:])}"
            elif module.sort == "join":
                yield f'{indent}("{module.name}", {self.join(module)}(  # {times(module.shape[1:])}'
                for branch in module.parts:
                    yield from self.branch(branch, depth + 1)
                yield f"{indent})),"
            else:
                yield f'{indent}("{module.name}", nn.Sequential(OrderedDict(['
                yield from self.rows(module.parts, depth + 1)
                yield f"{indent}]))),"

    def branch(self, branch: Module, depth: int) -> Iterator[str]:
        """Yield the rows of one branch."""
        indent = _INDENT * depth
        if not branch.parts:
            yield f"{indent}nn.Identity(),"
            return
        yield f"{indent}nn.Sequential(OrderedDict(["
        yield from self.rows(branch.parts, depth + 1)
        yield f"{indent}])),"

    def constructor(self, module: Module) -> str:
        if module.call is None:
            raise BlueprintError("every op of a blueprint must have a torch module", got=module.name)
        if module.call.module:
            self.files.append(module.call.module)
        return module.call.source()

    def join(self, module: Module) -> str:
        name = JOIN_CLASSES[module.meeting]
        self.files.append(name.lower())
        return name
