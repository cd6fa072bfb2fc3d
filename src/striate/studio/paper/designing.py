"""A network that is being written: what is true of it on paper, or how far it reads."""

from __future__ import annotations

from dataclasses import replace

from striate.analyse import layers
from striate.blueprint import Blueprint, values_from
from striate.blueprint.editing import edited
from striate.checking import Check, check
from striate.errors import InputError
from striate.graph import Graph, times
from striate.lint.offer_text import offer_text
from striate.report.checkpage import check_page
from striate.studio.design_wire import Designed, DesignWanted, OpenChoice, ReachedRow, Remedy
from striate.studio.wire import Failure


def designed(wanted: DesignWanted) -> Designed:
    """Return the check of a network that is being written; what is wrong with it is an answer, not an error.

    Args:
        wanted: One line that begins with "input", or YAML.
    """
    plan, chosen, failure = None, None, None
    try:
        plan = _read(wanted.text)
        chosen = plan.chosen(
            values_from(plan, [f"{name}={value}" for name, value in wanted.values.items()], where="choices")
        )
        if not chosen.choices():
            found = check(chosen, batch=wanted.batch, optimizer=wanted.optimizer)
            return _told(plan, chosen, found=replace(found, subject=replace(found.subject, name="your network")))
    except InputError as error:
        failure = error
    return _told(plan, chosen, failure=failure)


def _read(text: str) -> Blueprint:
    line = " ".join(text.split()) if text.lstrip().startswith("input ") else ""
    return Blueprint.from_text(line, where="the line") if line else Blueprint.from_yaml(text, where="the file")


def _told(
    plan: Blueprint | None,
    chosen: Blueprint | None,
    *,
    found: Check | None = None,
    failure: InputError | None = None,
) -> Designed:
    open_choices = {} if chosen is None else chosen.choices()
    return Designed(
        failure=None if failure is None else Failure(code=failure.code, message=str(failure), hint=failure.hint),
        where="" if failure is None else failure.where,
        reached=_reached(None if failure is None else failure.reached),
        choices=[OpenChoice(name=name, values=[str(one) for one in values]) for name, values in open_choices.items()],
        remedies=[] if found is None or chosen is None else _remedies(found, chosen),
        page=None if found is None else check_page(found).model_dump(mode="json", by_alias=True),
        text="" if plan is None else plan.to_text(),
        yaml="" if plan is None else plan.to_yaml(),
        source="" if found is None or chosen is None else chosen.to_source(),
    )


def _remedies(found: Check, plan: Blueprint) -> list[Remedy]:
    """Return the cures that nothing speaks against, each once."""
    usable = {str(offer.cure): offer for offer in found.offers() if offer.after is not None and not offer.obstacle}
    return [
        Remedy(rule=offer.finding.name, words=offer_text(offer), text=edited(plan, offer.cure.edits).to_text())
        for offer in usable.values()
    ]


def _reached(graph: Graph | None) -> list[ReachedRow]:
    if graph is None or not len(graph):
        return []
    return [
        ReachedRow(
            name=layer.name,
            summary=layer.summary,
            shape=times(layer.shape),
            params=layer.cost.params,
            macs=layer.cost.macs,
        )
        for layer in layers(graph)
    ]
